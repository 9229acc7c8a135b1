"""What a program says a song really is: corrections, and verdicts of staff."""

from __future__ import annotations

from ninja import Router

from classifier import serving
from classifier.genres import genre_choices, genre_label
from classifier.models import Classification
from classifier.models import Verdict as VerdictRow
from classifier.review import verdicts
from classifier.visitors import corrections, rate_limits, tokens

from . import resources
from .auth import CLASSIFY, REVIEW, ApiRequest
from .problems import Problem
from .responses import problems
from .schemas import Correction, Json, NewCorrection, NewVerdict, Verdict
from .songs import row_of

router = Router(tags=["Corrections and reviews"])


def _answered(song_id: str) -> Classification:
    row = row_of(song_id)
    if not row.is_done:
        raise Problem("not_finished", "There is no answer yet that could be right or wrong.")
    return row


def _require_one_of(genre: str, known: list[tuple[str, str]]) -> None:
    if genre not in dict(known):
        raise Problem("unknown_genre", f"Send one of: {', '.join(value for value, _ in known)}.")


@router.post(
    "/songs/{song_id}/correction",
    auth=CLASSIFY,
    response={200: Correction, **problems(400, 401, 403, 404, 409, 413, 415, 422, 429, 503)},
    operation_id="correct_song",
    summary="Say what it really is",
)
def correct(request: ApiRequest, song_id: str, body: NewCorrection) -> Json:
    """Store what you say it really is, in place of what you said before. Staff see it; the answer
    does not change.
    """
    row = _answered(song_id)
    labels = serving.labels_of(row)
    _require_one_of(body.genre, genre_choices(labels, len(labels)))
    if not rate_limits.token_correction_allowed(request.auth):
        raise Problem(
            "rate_limited",
            "That was a lot of corrections. Wait a while, then go on.",
            retry_s=rate_limits.seconds_left(rate_limits.HOUR_S),
        )
    corrections.correct(tokens.visitor_name(request.auth), row, body.genre)
    return {"id": row.public_id, "you_say": body.genre}


@router.delete(
    "/songs/{song_id}/correction",
    auth=CLASSIFY,
    response={200: Correction, **problems(401, 403, 404, 503)},
    operation_id="uncorrect_song",
    summary="Take a correction back",
)
def uncorrect(request: ApiRequest, song_id: str) -> Json:
    """Take back what you said it is, if you did."""
    row = row_of(song_id)
    corrections.withdraw(tokens.visitor_name(request.auth), row)
    return {"id": row.public_id, "you_say": None}


@router.post(
    "/songs/{song_id}/verdict",
    auth=REVIEW,
    response={200: Verdict, **problems(400, 401, 403, 404, 409, 413, 415, 422, 503)},
    operation_id="review_song",
    summary="Review an answer",
)
def review(request: ApiRequest, song_id: str, body: NewVerdict) -> Json:
    """Write a verdict in the name of the token's owner, as staff do in the admin; it is learned
    from.

    Where somebody else has said otherwise, nothing is overwritten: 409 with `seen`, which, sent
    back, says that you know.
    """
    if not tokens.may_review(request.auth.owner):
        raise Problem("not_staff", "Verdicts are written in the name of staff who may review.")
    row = _answered(song_id)
    said = body.genre
    if body.is_new:
        said = genre_label(body.genre)
        if not said:
            raise Problem(
                "unknown_genre", "Name the genre in a word or two, of 32 letters at most."
            )
    else:
        _require_one_of(said, verdicts.choices_of(row))
    stream = VerdictRow.Stream.LIST
    if problem := verdicts.write_one(request, row, said, seen=body.seen, stream=stream):
        now = row_of(song_id)
        raise Problem("reviewed_meanwhile", problem, seen=resources.review(now)["seen"])
    return {"id": row.public_id, "review": resources.review(row_of(song_id))}
