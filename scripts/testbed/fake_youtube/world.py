"""All of YouTube as one pure function: method, host, path, headers, body -> answer."""

from __future__ import annotations

import dataclasses
import json
import threading
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from urllib.parse import parse_qs, urlsplit

from scripts.testbed.fake_youtube.http import Request, Response
from scripts.testbed.fake_youtube.link import Link
from scripts.testbed.fake_youtube.song import WEBM, Song

from . import http, media, modes, pictures, player, playlist, search
from .playlist import Playlist

SITE_HOSTS = {"youtube.com", "www.youtube.com", "m.youtube.com", "music.youtube.com"}
HOSTS = SITE_HOSTS | {player.MEDIA_HOST, player.MANIFEST_HOST, pictures.HOST}

__all__ = ["HOSTS", "Playlist", "Request", "Response", "Song", "World"]


@dataclass
class World:
    """The videos there are, the mood YouTube is in, and what has been asked so far."""

    songs: list[Song] = field(default_factory=list)
    playlists: list[Playlist] = field(default_factory=list, kw_only=True)
    mode: str = "ok"
    delay_s: float = 0
    bandwidth: float | None = None  # bytes a second, for all connections together
    webm: bool = True  # False: nobody is offered the small Opus stream
    link: Link = field(default_factory=Link, repr=False)
    log: list[Request] = field(default_factory=list)
    released: threading.Event = field(default_factory=threading.Event, repr=False)
    _attempts: Counter = field(default_factory=Counter, repr=False)
    _lock: threading.RLock = field(default_factory=threading.RLock, repr=False)

    def __setattr__(self, name: str, value: object) -> None:
        if name == "mode" and value not in modes.MODES:
            raise ValueError(f"no mode {value!r}; there are {', '.join(modes.MODES)}")
        super().__setattr__(name, value)

    @property
    def foreign(self) -> list[Request]:
        """The requests for hosts that are not YouTube's; a test wants none."""
        return [request for request in self.log if request.foreign]

    @property
    def media_log(self) -> list[Request]:
        return [request for request in self.log if request.host == player.MEDIA_HOST]

    @property
    def picture_log(self) -> list[Request]:
        return [request for request in self.log if request.host == pictures.HOST]

    def release(self) -> None:
        """End every wait, hang and drip, so that no thread outlives a test."""
        self.released.set()

    def respond(
        self,
        method: str,
        host: str,
        path: str,
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
    ) -> Response:
        """The answer, and a line in the log."""
        wanted = {name.lower(): value for name, value in (headers or {}).items()}
        request = Request(method, host.lower(), path, wanted.get("range"))
        with self._lock:
            self.log.append(request)
            response = self._answer(request, body)
        request.status, request.sent = response.status, len(response.body)
        response.request = request
        return response

    def refuse(self, method: str, host: str, path: str) -> Response:
        """For what is not YouTube's, whatever the host is called."""
        request = Request(method, host.lower(), path, foreign=True, status=502)
        self.log.append(request)
        return Response(502, request=request)

    def _answer(self, request: Request, body: bytes) -> Response:
        if request.host not in HOSTS:
            request.foreign = True
            return Response(502)
        url = urlsplit(request.path)
        is_api = url.path.startswith("/youtubei/")
        if self.mode == "rate429":
            if is_api:
                text = "Resource has been exhausted (e.g. check quota)."
                return http.api_error(429, text, "RESOURCE_EXHAUSTED")
            return http.html("<html><title>429</title>Too Many Requests</html>", 429)
        if self.mode == "server500":
            if is_api:
                return http.api_error(500, "Internal error encountered.", "INTERNAL")
            return http.html("<html><title>500</title>Internal Server Error</html>", 500)
        if request.host == pictures.HOST:
            found = pictures.PATH.fullmatch(url.path)
            return pictures.answer(found and self._song(found[1]), self.mode)
        if request.host == player.MANIFEST_HOST:
            kind = {"Content-Type": "application/vnd.apple.mpegurl"}
            return Response(200, kind, player.hls_master().encode())
        query = {name: values[0] for name, values in parse_qs(url.query).items()}
        if request.host == player.MEDIA_HOST:
            return self._media(query, request.range)
        if is_api:
            return self._api(url.path.rpartition("/")[2], json.loads(body or b"{}"))
        if url.path == "/watch":
            return self._watch(query.get("v", ""))
        if url.path == "/playlist":
            return http.html(player.data_page(self._playlist(query.get("list", ""), gone=False)))
        if url.path == "/iframe_api":
            return http.html(
                "var scriptUrl = 'https:\\/\\/www.youtube.com\\/s\\/player\\/00000000\\/'"
            )
        return http.html(player.plain_page())  # never 404: for /embed yt-dlp would trip over it

    def _song(self, song_id: str) -> Song | None:
        return next((song for song in self._shown() if song.id == song_id), None)

    def _shown(self) -> list[Song]:
        return [self._disguised(song) for song in self.songs]

    def _disguised(self, song: Song) -> Song:
        """The song as it is shown now. A copy of it asks the original to encode itself."""
        shown: dict = {}
        if self.mode == "html_titles":
            shown = {"title": modes.NASTY + song.title, "channel": modes.NASTY + song.channel}
        if self.mode == "bomb":
            shown |= {"media": _bomb, "webm": None}
        elif song.webm and not self.webm:
            shown["webm"] = None
        if not shown:
            return song
        offered = {"media": song.content, "webm": song.webm and partial(song.content, WEBM)}
        return dataclasses.replace(song, **offered | shown)

    def _api(self, endpoint: str, asked: dict) -> Response:
        client = asked.get("context", {}).get("client", {}).get("clientName", "")
        if endpoint == "search":
            return http.as_json(self._search(asked))
        if endpoint == "browse":
            wanted = asked.get("browseId", "").removeprefix(playlist.BROWSE)
            return http.as_json(self._playlist(wanted, gone=True))
        if endpoint == "player":
            return http.as_json(self._player(asked.get("videoId", ""), client))
        song = self._song(asked.get("videoId", ""))
        return http.as_json(player.surroundings(song) if endpoint == "next" else {})

    def _search(self, asked: dict) -> dict:
        start, _, query = asked.get("continuation", "0:").partition(":")
        query = query or asked.get("query", "")
        found = [] if self.mode == "empty" else search.find(self._shown(), query)
        return search.page(found, query, int(start))

    def _playlist(self, wanted: str, *, gone: bool) -> dict:
        found = next((each for each in self.playlists if each.id == wanted), None)
        if found is None:
            return playlist.gone()
        if self.mode == "html_titles":
            found = dataclasses.replace(found, title=modes.NASTY + found.title)
        songs = {song.id: song for song in self._shown()}
        return playlist.data(found, songs, with_gone=gone)

    def _player(self, song_id: str, client: str) -> dict:
        self._attempts[song_id, client] += 1
        song = self._song(song_id)
        if song is None:
            return player.removed()
        return player.answer(song, self.mode, client, self._attempts[song_id, client])

    def _watch(self, song_id: str) -> Response:
        song = self._song(song_id)
        told = player.answer(song, self.mode, "WEB", 1) if song else player.removed()
        return http.html(player.watch_page(told, song))

    def _media(self, query: dict[str, str], range_header: str | None) -> Response:
        song = self._song(query.get("id", ""))
        offered = {str(stream.itag): stream for stream in song.streams} if song else {}
        stream = offered.get(query.get("itag", ""))
        if song is None or stream is None:
            return Response(404)
        first_try = self.mode == "forbidden_once" and query.get("try") == "1"
        if first_try or self.mode == "forbidden_media":
            return Response(403)
        content = song.content(stream)
        return media.answer(content, stream.media_type, range_header, self.mode)


def _bomb() -> bytes:
    from scripts.testbed.fake_youtube.songs import bomb  # encoding needs PyAV, answering does not

    return bomb()
