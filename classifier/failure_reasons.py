"""Every way in which a song can fail, with its words for visitors and for staff.

A failure is raised and stored as a short name, its kind: by `SourceError`, by the exceptions of
`ml.errors`, by the child process of yt-dlp and by the worker. What is said of it stands here alone.
A new kind needs a record; tests/classifier/test_failure_reasons.py finds those without one.
"""

from __future__ import annotations

from dataclasses import dataclass

OTHER_SONG = "Choose another video, or upload the song as a file."
OTHER_WAY = "Upload a file, or pick a track of this server's library."
LATER = "Try again in a while, or upload the song as a file."


@dataclass(frozen=True)
class FailureReason:
    """What is said of one kind of failure.

    sentence : what the visitor is told; may have {fields}, which `sentence_with` fills in
    next_step : what the visitor can do now, a sentence; "" where there is nothing to advise
    staff_words : what staff read in lists and counts
    is_retryable : whether the same request may go better later
    """

    kind: str
    sentence: str
    staff_words: str
    next_step: str = ""
    is_retryable: bool = False

    def sentence_with(self, **parameters: object) -> str:
        """Return the sentence with its fields filled in."""
        return self.sentence.format(**parameters)


_REASONS = (
    # The sound itself
    FailureReason(
        "not_audio",
        "This is not audio that can be decoded.",
        staff_words="not audio that can be decoded",
    ),
    FailureReason(
        "no_sound",
        "There is no sound in this file.",
        staff_words="no sound in the file",
    ),
    FailureReason(
        "too_coarse",
        "This recording is sampled too coarsely to be music.",
        staff_words="sampled too coarsely to be music",
    ),
    FailureReason(
        "too_fine",
        "This recording has more than 8 channels, or is sampled at more than 384 kHz.",
        next_step="Save it in stereo at 48 kHz, then send it again.",
        staff_words="more channels or a higher rate than music has",
    ),
    FailureReason(
        "too_complex",
        "This file needs more memory or time to decode than a song may.",
        next_step="Save it as mp3, then send it again.",
        staff_words="needs more memory or time to decode than a song may",
    ),
    FailureReason(
        "not_finite",
        "This file decodes to values that are no sound.",
        staff_words="decodes to values that are no sound",
    ),
    FailureReason(
        "silent",
        "This recording is silent: there is nothing to classify.",
        staff_words="silent",
    ),
    FailureReason(
        "too_long",
        "This recording is longer than the limit of {minutes:g} minutes.",
        staff_words="longer than the limit",
    ),
    FailureReason(
        "too_short",
        "This is less than a second of sound: too short to tell a genre.",
        staff_words="too short to tell",
    ),
    # What was asked for
    FailureReason(
        "no_source",
        "There is no such source of music.",
        staff_words="the source of music is not known here",
    ),
    FailureReason(
        "track_gone",
        "This track is not in the library of this server.",
        staff_words="the track is no longer in the library",
    ),
    FailureReason(
        "file_gone",
        "This file is no longer where it was in the collection of this site.",
        next_step="Whoever runs the site can look for it again by manage.py index.",
        staff_words="the file is gone from the collection",
    ),
    FailureReason(
        "upload_gone",
        "This upload is no longer here: please send the file again.",
        staff_words="the uploaded file is no longer here",
    ),
    FailureReason(
        "storage_away",
        "This site cannot reach the place where it keeps uploaded files at the moment.",
        next_step="Try again in a few minutes.",
        staff_words="the storage of uploads could not be reached",
        is_retryable=True,
    ),
    FailureReason(
        "storage_full",
        "So many files wait to be listened to that this site has no room for another.",
        next_step="Try again in a few minutes.",
        staff_words="the storage of uploads holds as much as UPLOADS_MAX_MB allows",
        is_retryable=True,
    ),
    FailureReason(
        "link_broken",
        "This link cannot be read.",
        next_step="Search by words, or upload a file.",
        staff_words="a link that cannot be read",
    ),
    FailureReason(
        "link_no_video",
        "This link leads to no single video.",
        next_step="Paste the link of one song.",
        staff_words="YouTube: a link to no single video",
    ),
    FailureReason(
        "link_elsewhere",
        "Only links to YouTube videos can be opened.",
        next_step="You can upload a file instead.",
        staff_words="a link to another site than YouTube",
    ),
    FailureReason(
        "link",
        "This is not the id of a YouTube video.",
        staff_words="YouTube: not the id of a video",
    ),
    FailureReason(
        "playlist_link",
        "This link leads to no playlist that can be listed.",
        next_step="Paste the link of a public playlist, or of one song.",
        staff_words="YouTube: not the id of a playlist",
    ),
    FailureReason(
        "playlist_mix",
        "A mix is put together by YouTube for one listener, so it cannot be listed here.",
        next_step="Paste the link of a playlist, or of one song.",
        staff_words="YouTube: a mix instead of a playlist",
    ),
    FailureReason(
        "playlist_own",
        "This list can be opened by its owner alone.",
        next_step="Paste the link of a public playlist, or of one song.",
        staff_words="YouTube: a list that its owner alone can open",
    ),
    # This server
    FailureReason(
        "model",
        "Something went wrong on this server; the operator can see what.",
        staff_words="the model cannot be loaded",
        is_retryable=True,
    ),
    FailureReason(
        "server_error",
        "Something went wrong on this server; the operator can see what.",
        staff_words="an error in this server: see the log of the worker",
        is_retryable=True,
    ),
    FailureReason(
        "took_too_long",
        "This took too long and was given up.",
        staff_words="not done within the time of a job",
        is_retryable=True,
    ),
    FailureReason(
        "worker_died",
        "This recording could not be classified in {tries} tries.",
        staff_words="the worker died each time, out of memory perhaps",
        is_retryable=True,
    ),
    # YouTube
    FailureReason(
        "age",
        "This video is age-restricted, and this server is not signed in.",
        next_step=OTHER_SONG,
        staff_words="YouTube: age-restricted",
    ),
    FailureReason(
        "blocked",
        "YouTube pointed this server to a place it does not go to.",
        next_step=OTHER_SONG,
        staff_words="YouTube: pointed to an address that is not allowed",
        is_retryable=True,
    ),
    FailureReason(
        "bot",
        "YouTube takes this server for a robot and refuses it. "
        "It will not be asked again before {until:%H:%M} UTC.",
        next_step="Upload the song as a file. The operator may set a proxy or cookies.",
        staff_words="YouTube: takes this server for a robot",
        is_retryable=True,
    ),
    FailureReason(
        "cookies",
        "The cookies that this server shows to YouTube cannot be read.",
        next_step=OTHER_WAY,
        staff_words="YouTube: the cookies of this server cannot be read",
        is_retryable=True,
    ),
    FailureReason(
        "country",
        "This video is blocked in the country of this server.",
        next_step=OTHER_SONG,
        staff_words="YouTube: blocked in this server's country",
    ),
    FailureReason(
        "disabled",
        "YouTube is switched off on this server.",
        staff_words="YouTube: switched off here",
    ),
    FailureReason(
        "excerpts_silent",
        "The excerpts of this video are silent.",
        next_step=OTHER_SONG,
        staff_words="YouTube: silent excerpts",
    ),
    FailureReason(
        "forbidden",
        "YouTube refused to hand out the sound, twice.",
        next_step=LATER,
        staff_words="YouTube: refused to hand out the sound",
        is_retryable=True,
    ),
    FailureReason(
        "format",
        "YouTube offers no sound of this video that can be fetched.",
        next_step=OTHER_SONG,
        staff_words="YouTube: no sound that can be fetched",
        is_retryable=True,
    ),
    FailureReason(
        "live",
        "This is a live stream.",
        next_step="Come back when it is over.",
        staff_words="YouTube: a live stream",
        is_retryable=True,
    ),
    FailureReason(
        "media",
        "The sound of this video could not be read.",
        next_step=OTHER_SONG,
        staff_words="YouTube: sound that could not be read",
    ),
    FailureReason(
        "members",
        "This video is only for members of its channel.",
        next_step=OTHER_SONG,
        staff_words="YouTube: for members of a channel",
    ),
    FailureReason(
        "network",
        "YouTube cannot be reached from this server right now.",
        next_step=OTHER_WAY,
        staff_words="YouTube: cannot be reached",
        is_retryable=True,
    ),
    FailureReason(
        "no_javascript",
        "This server lacks the JavaScript runtime that YouTube needs.",
        next_step="Upload the song as a file. The operator should install deno.",
        staff_words="YouTube: deno is missing on this server",
        is_retryable=True,
    ),
    FailureReason(
        "playlist_gone",
        "There is no such playlist, or it is private.",
        next_step="Paste the link of a public playlist, or of one song.",
        staff_words="YouTube: no such playlist, or a private one",
    ),
    FailureReason(
        "premiere",
        "This video has not been published yet.",
        next_step="Come back when it is.",
        staff_words="YouTube: not published yet",
        is_retryable=True,
    ),
    FailureReason(
        "private",
        "This video is private.",
        next_step=OTHER_SONG,
        staff_words="YouTube: private",
    ),
    FailureReason(
        "proxy",
        "The proxy of this server does not let it reach YouTube.",
        next_step=OTHER_WAY,
        staff_words="YouTube: the proxy does not let through",
        is_retryable=True,
    ),
    FailureReason(
        "rate_limit",
        "YouTube asks this server to slow down. "
        "It will not be asked again before {until:%H:%M} UTC.",
        next_step=LATER,
        staff_words="YouTube: asks to slow down",
        is_retryable=True,
    ),
    FailureReason(
        "removed",
        "This video is not available any more.",
        next_step=OTHER_SONG,
        staff_words="YouTube: no longer available",
    ),
    FailureReason(
        "server",
        "YouTube has a problem of its own right now.",
        next_step=LATER,
        staff_words="YouTube: has a problem of its own",
        is_retryable=True,
    ),
    FailureReason(
        "timeout",
        "YouTube was too slow to answer.",
        next_step=LATER,
        staff_words="YouTube: too slow to answer",
        is_retryable=True,
    ),
    FailureReason(
        "too_much_data",
        "This video needs more data than this server fetches for a song.",
        next_step=OTHER_SONG,
        staff_words="YouTube: too much data for a song",
    ),
    FailureReason(
        "unknown",
        "YouTube gave an answer that was not understood.",
        next_step=LATER,
        staff_words="YouTube: an answer that was not understood",
        is_retryable=True,
    ),
    FailureReason(
        "video_too_long",
        "This video is longer than this server listens to.",
        next_step=OTHER_SONG,
        staff_words="YouTube: longer than the limit",
    ),
)

REASONS = {reason.kind: reason for reason in _REASONS}
# Kinds of rows from before 0.2, which nothing raises any more.
_OLD_STAFF_WORDS = {"gone": "the file or track is no longer here"}


def staff_words(kind: str) -> str:
    """Return what staff read; failures from before there were kinds have none."""
    if reason := REASONS.get(kind):
        return reason.staff_words
    return _OLD_STAFF_WORDS.get(kind, kind) or "cause not noted"
