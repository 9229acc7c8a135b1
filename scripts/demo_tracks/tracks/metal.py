"""A real metal band: an excerpt of Muldjord's "Chaos God", as packaged for Frets on Fire."""

from functools import partial

from ..excerpt import excerpt
from ..track import Stem, Track

PACKAGE = "fretsonfire-songs-muldjord"
SONG = "usr/share/games/fretsonfire/data/songs/muldjord/chaos_god"
START, SECONDS = 62.0, 36.0


def make() -> Track:
    # The game ships the guitar apart from the rest of the band; the sum is the song.
    names = [f"{SONG}/song.ogg", f"{SONG}/guitar.ogg"]
    return Track(
        slug="chaos-god-muldjord",
        title="Chaos God (excerpt)",
        artist="Muldjord",
        genre="metal",
        seconds=SECONDS,
        licence="CC-BY-SA-3.0",
        attribution=(
            'Excerpt, faded and loudness-normalised, of "Chaos God" by Muldjord (composed and '
            "copyright 2009 by El Senator, www.muldjord.com), from the Debian package "
            f"{PACKAGE} 2.dfsg-2.1, licensed CC BY-SA 3.0 "
            "(https://creativecommons.org/licenses/by-sa/3.0/)."
        ),
        stems=[Stem(partial(excerpt, PACKAGE, names, START, SECONDS), send=0.0)],
        fade=3.0,
    )
