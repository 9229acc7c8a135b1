"""The ways in which YouTube lets people down, in its own words.

The texts are what YouTube puts into a player answer; the messages people see in yt-dlp are then
made by yt-dlp's own code.
"""

from __future__ import annotations

OK = {"status": "OK", "playableInEmbed": True}


def _refusal(status: str, reason: str, subreason: str = "", **more) -> dict:
    renderer: dict = {"reason": {"simpleText": reason}}
    if subreason:
        renderer["subreason"] = {"runs": [{"text": subreason}]}
    screen = {"errorScreen": {"playerErrorMessageRenderer": renderer}}
    return {"status": status, "reason": reason, **screen, **more}


# mode -> the playabilityStatus of every player answer
PLAYABILITY = {
    "bot": _refusal(
        "LOGIN_REQUIRED",
        "Sign in to confirm you’re not a bot",
        "This helps protect our community. Learn more",
    ),
    "rate_limited": _refusal(
        "ERROR", "Video unavailable", "This content isn't available, try again later."
    ),
    "private": _refusal(
        "LOGIN_REQUIRED",
        "Private video",
        "Sign in if you've been granted access to this video",
        messages=["This is a private video. Please sign in to verify that you may see it."],
    ),
    "removed": _refusal(
        "ERROR", "Video unavailable", "This video has been removed by the uploader"
    ),
    "age": _refusal(
        "LOGIN_REQUIRED",
        "Sign in to confirm your age",
        "This video may be inappropriate for some users.",
        desktopLegacyAgeGateReason=1,
    ),
    "geo": _refusal(
        "UNPLAYABLE",
        "Video unavailable",
        "The uploader has not made this video available in your country",
    ),
    "premiere": {
        "status": "LIVE_STREAM_OFFLINE",
        "reason": "Premieres in 3 hours",
        "playableInEmbed": True,
    },
    "members_only": {
        "status": "UNPLAYABLE",
        "reason": "Join this channel to get access to members-only content like this video, "
        "and other exclusive perks.",
    },
}
# With these YouTube says nothing about the video but why it cannot be seen.
NO_DETAILS = {"bot", "rate_limited", "private", "removed"}
MEDIA_MODES = {
    "forbidden_media",
    "forbidden_once",
    "strict_ranges",
    "ignore_ranges",
    "redirect",
    "corrupt",
    "bomb",
}
# Of the host of the small pictures; with these all else is well.
THUMBNAIL_MODES = {
    "thumbnail_missing",
    "thumbnail_redirect",
    "thumbnail_html",
    "thumbnail_huge",
    "thumbnail_bomb",
    "thumbnail_broken",
    "thumbnail_polyglot",
    "thumbnail_hang",
    "thumbnail_drip",
}
OTHER_MODES = {
    "ok",
    "rate429",
    "server500",
    "live",
    "no_formats",
    "hang",
    "drip",
    "empty",
    "html_titles",
}
MODES = sorted({*PLAYABILITY, *MEDIA_MODES, *THUMBNAIL_MODES, *OTHER_MODES})

# In front of every title and channel in mode html_titles: markup, a right-to-left mark, emoji.
NASTY = "<script>alert('x')</script>\u202e\U0001f3b8 \U0001f468\u200d\U0001f3a4 &amp; "
