import pytest

from classifier.sources import SourceError
from classifier.sources.youtube.links import looks_like_link, start_of, video_id

ID = "dQw4w9WgXcQ"


@pytest.mark.parametrize(
    "link",
    [
        f"https://www.youtube.com/watch?v={ID}",
        f"http://youtube.com/watch?v={ID}&list=PL123&index=2",
        f"https://m.youtube.com/watch?app=desktop&v={ID}&t=42s",
        f"https://music.youtube.com/watch?v={ID}",
        f"https://youtu.be/{ID}?t=42",
        f"youtu.be/{ID}",
        f"www.youtube.com/shorts/{ID}",
        f"https://www.youtube.com/embed/{ID}",
        f"https://www.youtube-nocookie.com/embed/{ID}?rel=0",
        f"  https://www.youtube.com/live/{ID}  ",
    ],
)
def test_every_shape_of_a_link_gives_the_id(link):
    assert looks_like_link(link)
    assert video_id(link) == ID


@pytest.mark.parametrize(
    "link",
    [
        "https://www.youtube.com/playlist?list=PL123",
        "https://www.youtube.com/@channel",
        "https://www.youtube.com/watch?v=short",
        f"https://www.youtube.com/watch?v={ID}xx",
        "https://youtu.be/",
        "https://vimeo.com/12345",
        "http://169.254.169.254/latest/meta-data",
        "file:///etc/passwd",
        f"https://youtube.com.evil.example/watch?v={ID}",
        f"https://evil.example/youtube.com/watch?v={ID}",
        "http://[broken",
    ],
)
def test_everything_else_is_refused_with_a_sentence(link):
    assert looks_like_link(link)
    with pytest.raises(SourceError, match=r"\.$"):
        video_id(link)


@pytest.mark.parametrize("words", ["blues", "AC/DC", "youth of today", "mr. blue sky", "1:23"])
def test_words_are_no_links(words):
    assert not looks_like_link(words)


@pytest.mark.parametrize("value", ["999999999999", "360001", "9999h", "99999999h99m"])
def test_a_start_beyond_any_video_is_none(value):
    """The database's integers end at 2,147,483,647."""
    assert start_of(f"https://youtu.be/dQw4w9WgXcQ?t={value}") == 0
