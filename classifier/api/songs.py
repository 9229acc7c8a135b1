"""/songs: ask for one, read its answer, list what was asked for."""

from __future__ import annotations

import base64
import binascii
import re
from datetime import UTC, datetime
from typing import Annotated, Any

import pydantic
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.multipartparser import MultiPartParserError
from django.urls import reverse
from ninja import Query, Router, Status

from classifier import jobs, serving, sources
from classifier.formatting import size_words
from classifier.models import PUBLIC_ID, Classification, HistoryEntry
from classifier.sources.base import SourceError, Track
from classifier.sources.youtube import links
from classifier.visitors import history, open_jobs, rate_limits, tokens
from classifier.visitors.tokens import TokenRequester

from . import bodies, resources, waiting
from .auth import CLASSIFY, READ, ApiRequest
from .collection_access import require_collection
from .errors import invalid
from .problems import Problem, of_source
from .responses import problems
from .schemas import Forgotten, Json, NewSong, Song, SongList

router = Router(tags=["Songs"])

MOST_LISTED = 200

Wait = Annotated[
    int,
    Query(
        ge=0,
        le=waiting.LONGEST_S,
        description="For how many seconds to wait for the answer. Few may wait at once: where "
        "too many do, the answer is 202 at once",
    ),
]
Whole = Annotated[bool, Query(description="Of a video: listen to all of it, and not to excerpts")]
BODIES = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {"schema": NewSong.model_json_schema()},
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "properties": {"file": {"type": "string", "format": "binary"}},
                    "required": ["file"],
                }
            },
        },
    },
    "parameters": [
        {
            "in": "header",
            "name": "Idempotency-Key",
            "required": False,
            "schema": {"type": "string"},
            "description": "May be sent, and changes nothing: there is one row for a recording and "
            "a model, so the same request twice is answered by the same song and counted once",
        }
    ],
}


def row_of(song_id: str) -> Classification:
    """Return a row by its id. Raises Problem."""
    row = None
    if re.fullmatch(PUBLIC_ID, song_id):
        row = Classification.objects.filter(public_id=song_id).first()
    if row is None:
        raise Problem("not_found", "There is no song of this id; it may have been forgotten.")
    return row


@router.post(
    "/songs",
    auth=CLASSIFY,
    response={200: Song, 202: Song, **problems(400, 401, 403, 413, 415, 422, 429, 503)},
    openapi_extra=BODIES,
    operation_id="ask_for_song",
    summary="Ask for a song",
)
def ask(
    request: ApiRequest, response: HttpResponse, wait: Wait = 0, whole: Whole = False
) -> Status:
    """Ask for the genre of a video, a track of the site, or a file.

    200 where it is finished: answered, or failed with its reason. Else 202: read the address in
    `Location` until it is. A song that failed is tried again.
    """
    if request.content_type == "multipart/form-data":
        submission = _submit(request, lambda requester: _file(request, requester, whole=whole))
    else:
        wanted = _wanted(request)
        if wanted.collection:
            require_collection(request.auth)
        submission = _submit(request, lambda requester: _track(wanted, requester, whole=whole))
    return told(request, response, submission.classification, wait)


@router.get(
    "/genres",
    auth=CLASSIFY,
    response={200: Song, 202: Song, **problems(401, 403, 422, 429, 503)},
    operation_id="get_genres",
    summary="Ask for a video and wait",
)
def genres(
    request: ApiRequest,
    response: HttpResponse,
    youtube: Annotated[
        str, Query(min_length=1, max_length=2000, description="The link of a video, or its id")
    ],
    wait: Wait = 20,
    whole: Whole = False,
) -> Status:
    """The same as POST /songs with `youtube`, for programs that can only GET."""
    wanted = NewSong.model_construct(youtube=_clean(youtube), library="", collection="")
    submission = _submit(request, lambda requester: _track(wanted, requester, whole=whole))
    return told(request, response, submission.classification, wait)


@router.get(
    "/songs/{song_id}",
    auth=READ,
    response={200: Song, **problems(401, 403, 404, 422, 503)},
    url_name="api_song",
    operation_id="read_song",
    summary="Read a song",
)
def read(request: ApiRequest, song_id: str, wait: Wait = 0) -> Json:
    """Return the state of a song, its place in the queue, its answer, or why there is none.

    Whoever has an id can read its answer, as on the site; the name of a file is told to its sender
    alone.
    """
    row = row_of(song_id)
    if wait and not row.is_finished:
        waiting.wait(row, request.auth, wait)
        row = row_of(song_id)
    return resources.song(request, request.auth, row)


@router.delete(
    "/songs/{song_id}",
    auth=CLASSIFY,
    response={200: Forgotten, **problems(401, 403, 404, 503)},
    operation_id="forget_song",
    summary="Forget a song",
)
def forget(request: ApiRequest, song_id: str) -> Json:
    """Take a song out of this token's history, as its holder may on the site.

    The answer to a file that nobody else sent is deleted, and the file too; other answers are
    shared and stay.
    """
    visitor = tokens.visitor_name(request.auth)
    entry = HistoryEntry.objects.for_visitor(visitor).filter(classification=row_of(song_id)).first()
    if entry is None:
        raise Problem("not_found", "This song is not in the history of this token.")
    history.forget(visitor, entry.pk)
    return {"id": song_id}


@router.get(
    "/songs",
    auth=READ,
    response={200: SongList, **problems(401, 403, 422, 503)},
    operation_id="list_songs",
    summary="List one's own songs",
)
def listed(
    request: ApiRequest,
    limit: Annotated[int, Query(ge=1, le=MOST_LISTED, description="How many")] = 50,
    cursor: Annotated[
        str, Query(max_length=100, description="`next_cursor` of the list before")
    ] = "",
    since: Annotated[
        datetime | None,
        Query(description="Only what was asked for since then (ISO 8601; without a zone UTC)"),
    ] = None,
) -> Json:
    """List what this token asked for, the newest first.

    What is asked for meanwhile comes at the top and moves nothing on later lists. A song that is
    asked for again moves to the top.
    """
    entries = history.entries_of(tokens.visitor_name(request.auth))
    if since:
        entries = entries.filter(created_at__gte=_in_utc(since))
    page = history.page_after(entries, limit, _edge(cursor) if cursor else None)
    return {
        "items": [resources.line(e, request.build_absolute_uri) for e in page.entries],  # type: ignore[arg-type]  # as entries_of annotates them
        "next_cursor": _opaque(page.older) if page.older else None,
    }


def told(request: ApiRequest, response: HttpResponse, row: Classification, wait: int) -> Status:
    """Wait if that was asked for, and return the song with 200 or 202."""
    response["Location"] = reverse("api:api_song", args=[row.public_id])
    if wait and not row.is_finished:
        waiting.wait(row, request.auth, wait)
    row = row_of(row.public_id)
    return Status(200 if row.is_finished else 202, resources.song(request, request.auth, row))


def _submit(request: ApiRequest, submit: Any) -> jobs.Submission:
    requester = TokenRequester(request.auth)
    try:
        submission: jobs.Submission = submit(requester)
    except jobs.JobRefused:
        raise _too_many(requester) from None
    except SourceError as error:
        raise of_source(error) from None
    if submission.is_new:
        requester.has_started(submission.classification)
    return submission


def _too_many(requester: TokenRequester) -> Problem:
    if requester.has_too_many_open:
        return Problem(
            "too_many_open",
            f"{settings.JOBS_AT_ONCE} of your songs wait or are being listened to. Ask again when "
            "one of them is answered.",
            retry_s=open_jobs.RETRY_AFTER_S,
        )
    return Problem(
        "rate_limited",
        "That was a lot of songs for an hour. Those that are answered can still be asked for.",
        retry_s=rate_limits.seconds_left(rate_limits.HOUR_S),
    )


def _wanted(request: HttpRequest) -> NewSong:
    try:
        wanted = NewSong.model_validate(bodies.read_json(request))
    except pydantic.ValidationError as error:
        raise invalid(error.errors(), "body") from None
    if [bool(wanted.youtube), bool(wanted.library), bool(wanted.collection)].count(True) != 1:
        raise Problem("invalid", "Send one of `youtube`, `library` and `collection`.")
    return wanted


def _track(wanted: NewSong, requester: TokenRequester, *, whole: bool) -> jobs.Submission:
    model_id = serving.card().model_id
    if wanted.library or wanted.collection:
        if whole:
            raise Problem("invalid", "`whole` is for videos: of a track all is heard.")
        kind = Classification.Source.LIBRARY if wanted.library else Classification.Source.COLLECTION
        track = sources.describe(kind, wanted.library or wanted.collection)
    else:
        track = Track(
            Classification.Source.YOUTUBE,
            links.video_id(wanted.youtube),
            title="",
            start_s=links.start_of(wanted.youtube),
        )
        # What is answered is told also while YouTube is not to be asked.
        if not jobs.answered_or_under_way(track, model_id, whole=whole):
            sources.describe(track.source, track.source_id)
    return jobs.submit(track, model_id, requester=requester, whole=whole)


def _file(request: HttpRequest, requester: TokenRequester, *, whole: bool) -> jobs.Submission:
    if whole:
        raise Problem("invalid", "`whole` is for videos: of a file all is heard.")
    try:
        file = request.FILES.get("file")
    except MultiPartParserError as error:
        raise Problem("bad_request", f"The form cannot be read: {error}.") from None
    if getattr(request, "upload_too_large", False):
        raise Problem(
            "too_large",
            f"This file is too large: at most {size_words(settings.UPLOAD_MAX_BYTES)}. A shorter "
            "excerpt does as well.",
        )
    if file is None:
        raise Problem("invalid", "Send the recording as the file `file` of the form.")
    if not file.size:
        raise Problem("invalid", "This file is empty: there is nothing to listen to.")
    return jobs.submit_file(file, serving.card().model_id, requester=requester)


def _clean(text: str) -> str:
    if "\0" in text:
        raise Problem("invalid", "A link holds no NUL.")
    return text


def _opaque(cursor: str) -> str:
    return base64.urlsafe_b64encode(cursor.encode()).decode().rstrip("=")


def _edge(cursor: str) -> tuple[datetime, int]:
    edge = None
    try:
        text = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        edge = history.read_cursor(text.decode("ascii"))
    except (binascii.Error, ValueError):
        edge = None
    if edge is None:
        raise Problem("invalid", "This is no `next_cursor` of this list. Leave it out to begin.")
    return edge


def _in_utc(moment: datetime) -> datetime:
    try:
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except OverflowError:
        raise Problem("invalid", "`since` is out of range.") from None
