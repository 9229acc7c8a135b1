"""What YouTube tells about one video: the player's answer and the watch page around it."""

from __future__ import annotations

import json
from urllib.parse import urlencode

from scripts.testbed.fake_youtube.search import channel_id
from scripts.testbed.fake_youtube.song import Song, Stream

from . import modes

MEDIA_HOST = "rr1---sn-fake.googlevideo.com"
MANIFEST_HOST = "manifest.googlevideo.com"
SERVER_ADDRESS = "192.0.2.7"  # in every media URL, as YouTube does: it must not reach a log
# With these two in the page yt-dlp needs neither the player's JavaScript nor a runtime for it.
YTCFG = {
    "PLAYER_JS_URL": "/s/player/00000000/player_ias.vflset/en_US/base.js",
    "STS": 20400,
    "VISITOR_DATA": "CgtmYWtlVmlzaXRvcg%3D%3D",
    "INNERTUBE_CONTEXT": {"client": {"clientName": "WEB", "clientVersion": "2.20260708.00.00"}},
    "INNERTUBE_CONTEXT_CLIENT_NAME": 1,
}
VIDEO_MODES = {"live": "is_live", "premiere": "is_upcoming"}


def answer(song: Song, mode: str, client: str, attempt: int) -> dict:
    """The player's JSON for one of yt-dlp's clients; `attempt` goes into the media URLs."""
    live_status = VIDEO_MODES.get(mode, song.live_status)
    status = modes.PLAYABILITY.get(mode, modes.OK)
    if live_status == "is_upcoming":
        status = modes.PLAYABILITY["premiere"]
    told = {
        "responseContext": {"visitorData": YTCFG["VISITOR_DATA"]},
        "playabilityStatus": status,
    }
    if mode not in modes.NO_DETAILS:
        told |= {
            "videoDetails": _details(song, live_status),
            "microformat": _microformat(song, mode),
        }
    if status is modes.OK and mode != "no_formats":
        told["streamingData"] = _streams(song, live_status, client, attempt)
    return told


def removed() -> dict:
    """For an id that nobody has uploaded."""
    gone = {"status": "ERROR", "reason": "Video unavailable"}
    return {"playabilityStatus": gone}


def surroundings(song: Song | None) -> dict:
    """What stands around a video: yt-dlp takes the channel's name from here."""
    contents = []
    if song:
        owner = {"title": {"runs": [{"text": song.channel}]}}
        contents = [{"videoSecondaryInfoRenderer": {"owner": {"videoOwnerRenderer": owner}}}]
    columns = {"results": {"results": {"contents": contents}}}
    return {"contents": {"twoColumnWatchNextResults": columns}}


def watch_page(player: dict, song: Song | None) -> str:
    """The page of a video, with the three pieces of JSON that yt-dlp reads."""
    title = song.title if song else ""
    return (
        f"<!DOCTYPE html><html><head><title>{_html(title)} - YouTube</title></head><body><script>"
        f"ytcfg.set({_script(YTCFG)});\nvar ytInitialPlayerResponse = {_script(player)};\n"
        f"var ytInitialData = {_script(surroundings(song))};</script></body></html>"
    )


def plain_page() -> str:
    """Any other page: only the settings of the site."""
    return f"<!DOCTYPE html><html><body><script>ytcfg.set({_script(YTCFG)});</script></body></html>"


def data_page(data: dict) -> str:
    """A page that holds what it shows as JSON, such as that of a playlist."""
    return (
        "<!DOCTYPE html><html><body><script>"
        f"ytcfg.set({_script(YTCFG)});\nvar ytInitialData = {_script(data)};</script></body></html>"
    )


def hls_master() -> str:
    """The list of a live stream's qualities."""
    url = f"https://{MANIFEST_HOST}/api/manifest/hls_playlist/itag/91/playlist/index.m3u8"
    quality = 'BANDWIDTH=290288,CODECS="mp4a.40.5,avc1.42C00B",RESOLUTION=256x144'
    return f"#EXTM3U\n#EXT-X-STREAM-INF:{quality}\n{url}\n"


def _script(data: dict) -> str:
    return json.dumps(data).replace("<", "\\u003c")


def _html(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;")


def _details(song: Song, live_status: str | None) -> dict:
    details = {
        "videoId": song.id,
        "title": song.title,
        "author": song.channel,
        "channelId": channel_id(song),
        "lengthSeconds": str(0 if live_status else song.duration_s),
        "viewCount": str(song.views),
        "shortDescription": f"{song.title} by {song.channel}",
        "isLiveContent": bool(live_status),
    }
    if live_status:
        details["isLive" if live_status == "is_live" else "isUpcoming"] = True
    return details


def _microformat(song: Song, mode: str) -> dict:
    told = {"ownerChannelName": song.channel, "category": "Music", "publishDate": "2023-05-01"}
    if mode == "geo":
        told["availableCountries"] = ["NZ"]
    return {"playerMicroformatRenderer": told}


def _streams(song: Song, live_status: str | None, client: str, attempt: int) -> dict:
    formats = [_silent_video(song)]
    formats += [_audio(song, stream, client, attempt) for stream in song.streams]
    for offered in formats:
        if live_status == "is_live":
            offered["targetDurationSec"] = 5
            offered.pop("contentLength")
        elif client.startswith("WEB") and client != "WEB_EMBEDDED_PLAYER":
            # Browsers get no addresses any more ("SABR"); yt-dlp passes over such formats silently.
            offered.pop("url")
    streams = {"expiresInSeconds": "21540", "adaptiveFormats": formats}
    if live_status == "is_live":
        streams["hlsManifestUrl"] = f"https://{MANIFEST_HOST}/api/manifest/hls_variant/index.m3u8"
    return streams


def _audio(song: Song, stream: Stream, client: str, attempt: int) -> dict:
    size = len(song.content(stream))
    bit_rate = 8 * size // max(1, song.duration_s)
    # No `n` and no signatureCipher: those would send the player's JavaScript through deno.
    query = {
        "expire": 4102444800,
        "ip": SERVER_ADDRESS,
        "id": song.id,
        "itag": stream.itag,
        "source": "youtube",
        "mime": stream.media_type.partition(";")[0],
        "clen": size,
        "c": client,
        "try": attempt,
    }
    return {
        "itag": stream.itag,
        "url": f"https://{MEDIA_HOST}/videoplayback?{urlencode(query)}",
        "mimeType": stream.media_type,
        "bitrate": bit_rate + 2_000,
        "averageBitrate": bit_rate,
        "contentLength": str(size),
        "quality": "tiny",
        "audioQuality": f"AUDIO_QUALITY_{stream.quality}",
        "audioSampleRate": str(stream.rate_hz),
        "audioChannels": 2,
        "approxDurationMs": str(song.duration_s * 1000),
    }


def _silent_video(song: Song) -> dict:
    """A stream that a listener must not choose; its address answers 404."""
    return {
        "itag": 160,
        "url": f"https://{MEDIA_HOST}/videoplayback?id={song.id}&itag=160",
        "mimeType": 'video/mp4; codecs="avc1.4d400c"',
        "bitrate": 110_000,
        "width": 256,
        "height": 144,
        "fps": 25,
        "quality": "tiny",
        "qualityLabel": "144p",
        "contentLength": "3000000",
        "approxDurationMs": str(song.duration_s * 1000),
    }
