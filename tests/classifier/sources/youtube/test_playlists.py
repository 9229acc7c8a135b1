"""Playlists: which links name one, and what yt-dlp's real code lists of the fake's."""

from __future__ import annotations

import pytest

from classifier.models import SourceCooldown
from classifier.sources import SourceError
from classifier.sources.youtube import source
from classifier.sources.youtube.links import checked_playlist, leads_to_video, named_playlist
from classifier.sources.youtube.ytdlp import playlist
from classifier.sources.youtube.ytdlp.config import Config
from classifier.sources.youtube.ytdlp.failures import YouTubeFailure
from scripts.testbed.fake_youtube import songs
from scripts.testbed.fake_youtube.world import Playlist

ID = "PL1234567890123456"
VIDEO = "dQw4w9WgXcQ"


def some_songs(count: int) -> list:
    return [songs.tiny_song(id=f"song-{i:06}", title=f"Number {i}") for i in range(count)]


@pytest.fixture
def listed(world):
    """A YouTube with three songs in one playlist."""
    world.songs = some_songs(3)
    world.playlists = [Playlist(ID, "For the Road", [song.id for song in world.songs])]
    return world


@pytest.mark.parametrize(
    ("link", "has_video"),
    [
        (f"https://www.youtube.com/playlist?list={ID}", False),
        (f"youtube.com/playlist?list={ID}&si=abc", False),
        (f"https://music.youtube.com/playlist?list={ID}", False),
        (f"https://m.youtube.com/watch?v={VIDEO}&list={ID}&index=2", True),
        (f"https://www.youtube.com/watch?list={ID}", False),
        (f"https://youtu.be/{VIDEO}?list={ID}", True),
        (f"https://www.youtube.com/embed/videoseries?list={ID}", False),
        (f"  https://www.youtube.com/playlist?list={ID}  ", False),
    ],
)
def test_every_shape_of_a_link_names_its_playlist(link, has_video):
    assert checked_playlist(named_playlist(link)) == ID
    assert leads_to_video(link) is has_video


@pytest.mark.parametrize(
    "link",
    [
        f"https://evil.example/playlist?list={ID}",
        f"https://youtube.com.evil.example/playlist?list={ID}",
        f"https://www.youtube.com@evil.example/playlist?list={ID}",
        f"https://www.y\N{CYRILLIC SMALL LETTER O}utube.com/playlist?list={ID}",
        f"file://www.youtube.com/playlist?list={ID}",
        f"javascript://www.youtube.com/playlist?list={ID}",
        f"https://[broken/playlist?list={ID}",
        f"https://www.youtube.com/watch?v={VIDEO}",
        "blues",
        "",
    ],
)
def test_what_leads_elsewhere_names_no_playlist(link):
    assert named_playlist(link) == ""


@pytest.mark.parametrize(
    "playlist_id", [ID, "OLAK5uy_" + "k" * 33, "UU" + "x" * 22, "FL" + "-" * 22, "PL" + "_" * 32]
)
def test_ids_of_playlists(playlist_id):
    assert checked_playlist(playlist_id) == playlist_id


HOSTILE = [
    ("", "playlist_link"),
    ("PL123", "playlist_link"),
    (VIDEO, "playlist_link"),
    ("PL" + "x" * 1000, "playlist_link"),
    (f"{ID}\0", "playlist_link"),
    (f"{ID}\n", "playlist_link"),
    (f"{ID}&list=WL", "playlist_link"),
    (f"{ID}/../../watch", "playlist_link"),
    (f"PL123456789012345{chr(0x664)}", "playlist_link"),  # a digit, and none of ASCII
    ("https://evil.example/", "playlist_link"),
    ("RDMM", "playlist_mix"),
    (f"RD{VIDEO}", "playlist_mix"),
    ("RDCLAK5uy_kmPRjHDECIcuVwnKsx2Ng7fyNgFKWNJFs", "playlist_mix"),
    ("WL", "playlist_own"),
    ("LL", "playlist_own"),
    ("LM", "playlist_own"),
    ("LLabcdefghijklmnopqrstuv", "playlist_own"),
]


@pytest.mark.parametrize(("playlist_id", "kind"), HOSTILE, ids=lambda text: ascii(text)[:30])
@pytest.mark.django_db
def test_no_other_id_reaches_the_network(world, playlist_id, kind):
    with pytest.raises(SourceError, match=r"\.$") as caught:
        source.playlist(playlist_id)
    assert caught.value.kind == kind
    with pytest.raises(YouTubeFailure):  # nor by the child alone
        playlist.contents(Config(), playlist_id, 5)
    assert world.log == []


@pytest.mark.django_db
@pytest.mark.parametrize("lockups", [False, True], ids=["older form", "newer form"])
def test_a_playlist_in_both_forms_of_its_page(world, lockups):
    world.songs = [
        *some_songs(2),
        songs.tiny_song(id="live-song-0", live_status="is_live"),
        songs.tiny_song(id="long-song-0", duration_s=5 * 3600),
    ]
    ids = [song.id for song in world.songs]
    world.playlists = [
        Playlist(ID, "For the Road", [ids[0], "deleted-000", *ids[1:]], "Ada", "PUBLIC", lockups)
    ]
    found = source.playlist(ID)
    assert (found.playlist_id, found.title, found.artist) == (ID, "For the Road", "Ada")
    assert [track.source_id for track in found.tracks] == ids
    assert (found.unavailable, found.has_more) == (1, False)
    first, _, live, long = found.tracks
    assert (first.title, first.artist, first.duration_s) == ("Number 0", "The Sine Waves", 12)
    assert first.views == 1000
    assert (live.note, long.note) == ("Live now", "Too long")
    assert [track.choosable for track in found.tracks] == [True, True, False, False]
    asked = [request.path.partition("?")[0] for request in world.log]
    assert asked == ["/playlist", "/youtubei/v1/browse"]


@pytest.mark.django_db
def test_a_long_playlist_is_cut_and_says_so(world, settings):
    settings.PLAYLIST_MAX_VIDEOS = 3
    world.songs = some_songs(5)
    ids = [song.id for song in world.songs]
    world.playlists = [Playlist(ID, "Long", ids)]
    found = source.playlist(ID)
    assert [track.source_id for track in found.tracks] == ids[:3]
    assert found.has_more
    world.playlists = [Playlist(ID, "Exactly as long", ids[:3])]
    assert not source.playlist(ID).has_more


@pytest.mark.django_db
def test_what_stands_twice_is_listed_once_where_it_stood_first(world):
    world.songs = some_songs(3)
    one, two, three = (song.id for song in world.songs)
    world.playlists = [Playlist(ID, "Twice", [one, two, one, three, two])]
    assert [track.source_id for track in source.playlist(ID).tracks] == [one, two, three]


@pytest.mark.django_db
def test_an_empty_playlist_is_no_error(world):
    world.playlists = [Playlist(ID, "Empty", []), Playlist(f"{ID}x", "Gone", ["deleted-000"])]
    assert source.playlist(ID).tracks == ()
    gone = source.playlist(f"{ID}x")
    assert (gone.tracks, gone.unavailable) == ((), 1)


@pytest.mark.django_db
def test_a_playlist_that_there_is_not_or_that_is_private(listed):
    for playlist_id in ("PLnobody-has-made-it", f"{ID}p"):
        listed.playlists.append(Playlist(f"{ID}p", "Mine", ["song-000000"], privacy="PRIVATE"))
        with pytest.raises(SourceError, match="no such playlist") as caught:
            source.playlist(playlist_id)
        assert caught.value.kind == "playlist_gone"
    assert not SourceCooldown.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("mode", "kind", "pauses"),
    [("rate429", "rate_limit", True), ("server500", "server", False), ("hang", "timeout", False)],
)
def test_failures_are_those_of_a_search(listed, mode, kind, pauses):
    listed.mode = mode
    with pytest.raises(SourceError) as caught:
        source.playlist(ID)
    assert caught.value.kind == kind
    assert SourceCooldown.objects.exists() is pauses
    if pauses:
        listed.log.clear()
        with pytest.raises(SourceError, match="will not be asked again before"):
            source.playlist(ID)
        assert listed.log == []


@pytest.mark.django_db
def test_switched_off_nothing_is_asked(listed, settings):
    settings.YOUTUBE_ENABLED = False
    with pytest.raises(SourceError, match="switched off"):
        source.playlist(ID)
    assert listed.log == []


@pytest.mark.django_db
def test_a_hostile_title_is_only_text(listed):
    listed.mode = "html_titles"
    found = source.playlist(ID)
    assert found.title.startswith("<script>")
    assert all(track.title.startswith("<script>") for track in found.tracks)


@pytest.mark.django_db
def test_the_confined_child_lists_it_over_sockets(proxy):
    proxy.world.songs = some_songs(3)
    proxy.world.playlists = [Playlist(ID, "For the Road", ["song-000002", "song-000000"])]
    found = source.playlist(ID)
    assert [track.title for track in found.tracks] == ["Number 2", "Number 0"]
    assert proxy.world.foreign == []
