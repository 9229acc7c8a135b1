"""The page of a playlist, and what its button for the videos that are gone brings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from scripts.testbed.fake_youtube import search
from scripts.testbed.fake_youtube.song import Song

DELETED = "[Deleted video]"
LIVE_BADGE = {"text": "LIVE", "badgeStyle": "THUMBNAIL_OVERLAY_BADGE_STYLE_LIVE"}
BROWSE = "VL"  # in front of a playlist's id where the interface is asked


@dataclass(frozen=True)
class Playlist:
    """`song_ids` may name songs that there are not: these were deleted."""

    id: str
    title: str
    song_ids: Sequence[str]
    owner: str = "The Collector"
    privacy: str = "PUBLIC"
    lockups: bool = False  # in the newer of the two forms that YouTube has


def gone() -> dict:
    """For an id that no list has, or a private one."""
    text = {"runs": [{"text": "The playlist does not exist."}]}
    return {"alerts": [{"alertRenderer": {"type": "ERROR", "text": text}}]}


def data(playlist: Playlist, songs: Mapping[str, Song], *, with_gone: bool) -> dict:
    """What the page holds, or the interface answers. At first, what is gone is left out."""
    items = []
    for place, song_id in enumerate(playlist.song_ids, 1):
        if song := songs.get(song_id):
            items.append(_lockup(song) if playlist.lockups else _video(song, place))
        elif with_gone:
            deleted = _deleted_lockup(song_id) if playlist.lockups else _deleted(song_id, place)
            items.append(deleted)
    shelf = [{"playlistVideoListRenderer": {"playlistId": playlist.id, "contents": items}}]
    contents = items if playlist.lockups else shelf
    section = {
        "sectionListRenderer": {"contents": [{"itemSectionRenderer": {"contents": contents}}]}
    }
    tab = {"tabRenderer": {"selected": True, "content": section}}
    owner = {"runs": [{"text": playlist.owner}]}
    header = {
        "playlistId": playlist.id,
        "title": {"simpleText": playlist.title},
        "numVideosText": {"runs": [{"text": str(len(playlist.song_ids))}, {"text": " videos"}]},
        "ownerText": owner,
        "privacy": playlist.privacy,
    }
    return {
        "responseContext": {"visitorData": "CgtmYWtlVmlzaXRvcg%3D%3D"},
        "contents": {"twoColumnBrowseResultsRenderer": {"tabs": [tab]}},
        "metadata": {"playlistMetadataRenderer": {"title": playlist.title}},
        "header": {"playlistHeaderRenderer": header},
    }


def _video(song: Song, place: int) -> dict:
    renderer = search.video(song) | {"index": {"simpleText": str(place)}, "isPlayable": True}
    if song.live_status == "is_live":
        overlay = {"style": "LIVE", "text": {"runs": [{"text": "LIVE"}]}}
        renderer["thumbnailOverlays"] = [{"thumbnailOverlayTimeStatusRenderer": overlay}]
    elif not song.live_status:
        renderer["lengthSeconds"] = str(song.duration_s)
    # A playlist says who made a video and how often it was seen otherwise than a search does.
    for other in ("ownerText", "viewCountText", "publishedTimeText"):
        renderer.pop(other, None)
    views = [{"text": f"{song.views:,} views"}, {"text": " • "}, {"text": "3 years ago"}]
    return {"playlistVideoRenderer": renderer | {"videoInfo": {"runs": views}}}


def _deleted(song_id: str, place: int) -> dict:
    renderer = {
        "videoId": song_id,
        "title": {"runs": [{"text": DELETED}]},
        "index": {"simpleText": str(place)},
        "isPlayable": False,
    }
    return {"playlistVideoRenderer": renderer}


def _lockup(song: Song) -> dict:
    model = search.lockup(song)
    if song.live_status:
        badge = LIVE_BADGE if song.live_status == "is_live" else {"text": "Upcoming"}
        model["contentImage"]["thumbnailViewModel"]["overlays"] = [
            {"thumbnailBottomOverlayViewModel": {"badges": [{"thumbnailBadgeViewModel": badge}]}}
        ]
    return {"lockupViewModel": model}


def _deleted_lockup(song_id: str) -> dict:
    title = {"lockupMetadataViewModel": {"title": {"content": DELETED}}}
    model = {"contentId": song_id, "contentType": "LOCKUP_CONTENT_TYPE_VIDEO", "metadata": title}
    return {"lockupViewModel": model}
