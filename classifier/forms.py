from __future__ import annotations

from django import forms
from django.conf import settings
from django.template.defaultfilters import filesizeformat

MAX_QUERY = 200
MOST_RESULTS = 48  # as sources.youtube


class SearchForm(forms.Form):
    q = forms.CharField(
        max_length=MAX_QUERY,
        error_messages={
            "required": "Type a song, an artist or a genre first.",
            "max_length": f"That is too long to search for: at most {MAX_QUERY} characters.",
        },
    )
    n = forms.IntegerField(required=False, min_value=1, max_value=MOST_RESULTS)


class UploadForm(forms.Form):
    file = forms.FileField(
        allow_empty_file=False,
        # The name is only shown, never used as a path; a long one is shortened, not refused.
        error_messages={
            "required": "Choose an audio file first.",
            "empty": "This file is empty: there is nothing to listen to.",
        },
    )

    def __init__(self, *args, too_large: bool = False, **kwargs):
        super().__init__(*args, **kwargs)
        if too_large:
            limit = filesizeformat(settings.UPLOAD_MAX_BYTES)
            self.fields["file"].error_messages["required"] = (
                f"This file is too large: at most {limit}. A shorter excerpt does as well."
            )
