"""The page that records by the visitor's microphone. What it records is sent as any other file."""

from __future__ import annotations

from csp.constants import SELF
from csp.decorators import csp_update
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from classifier import serving
from classifier.web.forms import UploadForm
from classifier.web.headers import MICROPHONE_POLICY
from ml.evaluation.phone_recording import AS_IT_IS, PHONE_RECORDING, read_phone_recording

RECORDING_S = 10  # as ml.evaluation.robustness.PHONE_S
LEAST_S = 3  # a patch of the networks


# What was recorded is played as a blob before it is sent.
@csp_update({"media-src": [SELF, "blob:"]})
@require_safe
def listen(request: HttpRequest) -> HttpResponse:
    measured, card = read_phone_recording(), serving.card()
    clips = card.robustness.changes if card.robustness else {}
    ctx = {
        "seconds": RECORDING_S,
        "least_seconds": LEAST_S,
        "measured": measured if measured.model_id == card.model_id else None,
        "plain": clips.get(AS_IT_IS),
        "recorded": clips.get(PHONE_RECORDING),
        "upload_form": UploadForm(),
    }
    response = render(request, "listen/listen.html", ctx)
    response["Permissions-Policy"] = MICROPHONE_POLICY
    return response
