"""What YouTube's search answers: cards of two kinds, with a channel and a shelf among them."""

from __future__ import annotations

from scripts.testbed.fake_youtube.song import Song

EVERYTHING = "everything"  # the query that finds every song
PAGE = 20


def find(songs: list[Song], query: str) -> list[Song]:
    """The songs with any word of the query in their title or channel."""
    words = query.lower().split()
    if EVERYTHING in words:
        return songs
    return [
        song for song in songs if any(w in f"{song.title} {song.channel}".lower() for w in words)
    ]


def page(found: list[Song], query: str, start: int) -> dict:
    """Results from number `start` on; the last page offers no continuation."""
    cards = [_card(song, start + i) for i, song in enumerate(found[start : start + PAGE])]
    if start == 0 and cards:
        cards[1:1] = [_shelf()]
        cards.insert(0, _channel(found[0]))
    elif not cards:
        cards = [{"backgroundPromoRenderer": {"title": {"runs": [{"text": "No results found"}]}}}]
    contents: list[dict] = [{"itemSectionRenderer": {"contents": cards}}]
    if start + PAGE < len(found):
        contents.append(_more(f"{start + PAGE}:{query}"))
    head = {"responseContext": {"visitorData": "CgtmYWtlVmlzaXRvcg%3D%3D"}}
    if start:
        action = {"appendContinuationItemsAction": {"continuationItems": contents}}
        return head | {"onResponseReceivedCommands": [action]}
    section = {"sectionListRenderer": {"contents": contents}}
    return head | {"contents": {"twoColumnSearchResultsRenderer": {"primaryContents": section}}}


def _more(token: str) -> dict:
    command = {
        "continuationCommand": {"token": token, "request": "CONTINUATION_REQUEST_TYPE_SEARCH"}
    }
    return {"continuationItemRenderer": {"continuationEndpoint": command}}


def _card(song: Song, index: int) -> dict:
    # Live and upcoming cards in the lockup form lack what tells them apart from a plain video in
    # some of yt-dlp's versions, so those stay in the older form.
    if index % 2 and not song.live_status:
        return {"lockupViewModel": lockup(song)}
    return {"videoRenderer": video(song)}


def clock(seconds: int) -> str:
    """Seconds as YouTube writes them: 3:05, 1:00:00."""
    minutes, s = divmod(int(seconds), 60)
    hours, m = divmod(minutes, 60)
    return f"{hours}:{m:02}:{s:02}" if hours else f"{m}:{s:02}"


def channel_id(song: Song) -> str:
    return "UC" + (song.id * 2)[:22]


def _thumbnail(song: Song) -> dict:
    return {"url": f"https://i.ytimg.com/vi/{song.id}/hq720.jpg", "width": 720, "height": 404}


def _byline(song: Song) -> dict:
    endpoint = {"browseId": channel_id(song), "canonicalBaseUrl": f"/@{song.id}"}
    return {"runs": [{"text": song.channel, "navigationEndpoint": {"browseEndpoint": endpoint}}]}


def video(song: Song) -> dict:
    renderer = {
        "videoId": song.id,
        "thumbnail": {"thumbnails": [_thumbnail(song)]},
        "title": {"runs": [{"text": song.title}]},
        "ownerText": _byline(song),
        "shortBylineText": _byline(song),
        "viewCountText": {"simpleText": f"{song.views:,} views"},
        "navigationEndpoint": {"watchEndpoint": {"videoId": song.id}},
    }
    if song.live_status == "is_live":
        renderer["badges"] = [{"metadataBadgeRenderer": {"style": "BADGE_STYLE_TYPE_LIVE_NOW"}}]
    elif song.live_status == "is_upcoming":
        renderer["upcomingEventData"] = {"startTime": "1900000000"}
    else:
        renderer["lengthText"] = {"simpleText": clock(song.duration_s)}
        renderer["publishedTimeText"] = {"simpleText": "3 years ago"}
    return renderer


def lockup(song: Song) -> dict:
    badge = {"thumbnailBadgeViewModel": {"text": clock(song.duration_s)}}
    tap = {"browseEndpoint": {"browseId": channel_id(song), "canonicalBaseUrl": f"/@{song.id}"}}
    owner = {"content": song.channel, "commandRuns": [{"onTap": {"innertubeCommand": tap}}]}
    counts = [
        {"text": {"content": f"{song.views} views"}},
        {"text": {"content": "3 years ago"}, "accessibilityLabel": "3 years ago"},
    ]
    rows = [{"metadataParts": [{"text": owner}]}, {"metadataParts": counts}]
    overlay = {"thumbnailBottomOverlayViewModel": {"badges": [badge]}}
    return {
        "contentId": song.id,
        "contentType": "LOCKUP_CONTENT_TYPE_VIDEO",
        "contentImage": {
            "thumbnailViewModel": {"image": {"sources": [_thumbnail(song)]}, "overlays": [overlay]}
        },
        "metadata": {
            "lockupMetadataViewModel": {
                "title": {"content": song.title},
                "metadata": {"contentMetadataViewModel": {"metadataRows": rows}},
            }
        },
    }


def _channel(song: Song) -> dict:
    renderer = {"channelId": channel_id(song), "title": {"simpleText": song.channel}}
    return {"channelRenderer": renderer}


def _shelf() -> dict:
    url = {"webCommandMetadata": {"url": "/playlist?list=PLfakefakefakefake"}}
    shelf = {"title": {"simpleText": "People also watched"}, "endpoint": {"commandMetadata": url}}
    return {"shelfRenderer": shelf | {"content": {"verticalListRenderer": {"items": []}}}}
