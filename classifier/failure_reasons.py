"""Why songs failed, in words for staff.

A failure is stored with a short name, its kind, to count failures by. Those of YouTube are the
keys of sources.ytdlp.failures.FAILURES, those of sound are `kind` of the exceptions in ml.errors,
and the rest are named here. A new one wants a line in WORDS.
"""

from __future__ import annotations

GONE = "gone"  # a source has not what was asked for, and names no kind of its own
MODEL = "model"
SERVER_ERROR = "server_error"
TOOK_TOO_LONG = "took_too_long"
WORKER_DIED = "worker_died"

WORDS = {
    # The sound itself
    "audio": "sound that cannot be analysed",
    "not_audio": "not audio that can be decoded",
    "silent": "silent",
    "too_long": "longer than the limit",
    "too_short": "too short to tell",
    # This server
    GONE: "the file or track is no longer here",
    MODEL: "the model cannot be loaded",
    SERVER_ERROR: "an error in this server: see the log of the worker",
    TOOK_TOO_LONG: "not done within the time of a job",
    WORKER_DIED: "the worker died each time, out of memory perhaps",
    # YouTube
    "age": "YouTube: age-restricted",
    "blocked": "YouTube: pointed to an address that is not allowed",
    "bot": "YouTube: takes this server for a robot",
    "cookies": "YouTube: the cookies of this server cannot be read",
    "country": "YouTube: blocked in this server's country",
    "disabled": "YouTube: switched off here",
    "forbidden": "YouTube: refused to hand out the sound",
    "format": "YouTube: no sound that can be fetched",
    "link": "YouTube: not the id of a video",
    "live": "YouTube: a live stream",
    "media": "YouTube: sound that could not be read",
    "members": "YouTube: for members of a channel",
    "network": "YouTube: cannot be reached",
    "no_javascript": "YouTube: deno is missing on this server",
    "premiere": "YouTube: not published yet",
    "private": "YouTube: private",
    "proxy": "YouTube: the proxy does not let through",
    "rate_limit": "YouTube: asks to slow down",
    "removed": "YouTube: no longer available",
    "server": "YouTube: has a problem of its own",
    "timeout": "YouTube: too slow to answer",
    "too_much_data": "YouTube: too much data for a song",
    "unknown": "YouTube: an answer that was not understood",
}


def in_words(kind: str) -> str:
    """What staff read; failures from before there were kinds have none."""
    return WORDS.get(kind, kind) or "cause not noted"
