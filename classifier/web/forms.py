"""What visitors fill in."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast
from urllib.parse import urlencode

from django import forms
from django.conf import settings

from classifier import serving
from classifier.formatting import size_words
from classifier.genres import count_words, genre_choices

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

    def __init__(self, *args: Any, too_large: bool = False, **kwargs: Any):
        super().__init__(*args, **kwargs)
        if too_large:
            limit = size_words(settings.UPLOAD_MAX_BYTES)
            self.fields["file"].error_messages["required"] = (
                f"This file is too large: at most {limit}. A shorter excerpt does as well."
            )


class SongsForm(forms.Form):
    """Which songs of a list to show, by words and by genre. Every field may stay empty."""

    q = forms.CharField(
        required=False,
        max_length=MAX_QUERY,
        error_messages={
            "max_length": f"That is too long to search for: at most {MAX_QUERY} characters."
        },
    )
    genre = forms.ChoiceField(required=False)

    def __init__(
        self, *args: Any, labels: Sequence[str], n_genres: int | None = None, **kwargs: Any
    ):
        super().__init__(*args, **kwargs)
        field = cast("forms.ChoiceField", self.fields["genre"])
        field.choices = [("", "any genre"), *genre_choices(labels, n_genres)]
        field.error_messages["invalid_choice"] = (
            f"Choose one of the {count_words(len(labels))} genres, or any."
        )

    def filters(self) -> dict[str, Any]:
        """What was filled in and could be understood."""
        self.is_valid()
        return {name: value for name, value in self.cleaned_data.items() if value}

    def encoded(self) -> str:
        """The same, as links to other pages keep it."""
        return urlencode(self.filters())


class HistoryForm(SongsForm):
    """Which of one's own history to show."""

    since = forms.DateField(
        required=False, error_messages={"invalid": "Write the first day as 2026-01-31."}
    )
    until = forms.DateField(
        required=False, error_messages={"invalid": "Write the last day as 2026-01-31."}
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        labels, n_genres = serving.all_labels(), serving.common_genre_count()
        super().__init__(*args, labels=labels, n_genres=n_genres, **kwargs)

    def clean(self) -> dict[str, Any]:
        super().clean()
        data = self.cleaned_data
        since, until = data.get("since"), data.get("until")
        if since and until and since > until:
            self.add_error("until", "The last day is before the first.")
        return data


class CollectionForm(SongsForm):
    """Which of the collection to show."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        labels = serving.card().labels
        super().__init__(*args, labels=labels, n_genres=len(labels), **kwargs)


class CorrectionForm(forms.Form):
    """What a recording really is: one of the genres that its model knows, or none of them."""

    genre = forms.ChoiceField(
        error_messages={"required": "Choose what it really is first."},
    )

    def __init__(self, *args: Any, labels: Sequence[str], **kwargs: Any):
        super().__init__(*args, **kwargs)
        field = cast("forms.ChoiceField", self.fields["genre"])
        field.choices = [("", "choose a genre"), *genre_choices(labels, len(labels))]
        field.error_messages["invalid_choice"] = (
            f"Choose one of the {count_words(len(labels))} genres, or none of them."
        )
