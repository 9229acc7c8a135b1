"""Run the fake by hand: `python -m scripts.testbed.fake_youtube [--mode MODE] ...`."""

from __future__ import annotations

import argparse
import shlex
import threading

from scripts.testbed.fake_youtube.proxy import FakeYouTubeProxy
from scripts.testbed.fake_youtube.search import EVERYTHING
from scripts.testbed.fake_youtube.songs import demo_songs, hour_mix
from scripts.testbed.fake_youtube.world import Playlist, World

from . import modes

PLAYLIST = "PLeverything-there-is"


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m scripts.testbed.fake_youtube", description=__doc__
    )
    parser.add_argument("--mode", choices=modes.MODES, default="ok")
    parser.add_argument("--port", type=int, default=0, help="a free one if not given")
    parser.add_argument("--delay", type=float, default=0, metavar="S", help="per request")
    parser.add_argument("--bandwidth", type=float, metavar="BYTES", help="a second")
    options = parser.parse_args()
    songs = [*demo_songs(), hour_mix()]
    everything = Playlist(PLAYLIST, "Everything", [song.id for song in songs])
    world = World(
        songs,
        playlists=[everything],
        mode=options.mode,
        delay_s=options.delay,
        bandwidth=options.bandwidth,
    )
    with FakeYouTubeProxy(world, options.port) as proxy:
        print(f"YouTube is at {proxy.url}, mode {world.mode}. Start the site with:\n")
        for name, value in proxy.environment.items():
            print(f"export {name}={shlex.quote(value)}")
        print(
            f"\nSearch for {EVERYTHING!r} to see every song, or paste"
            f" https://www.youtube.com/playlist?list={PLAYLIST}. Ctrl+C ends.",
            flush=True,
        )
        try:
            threading.Event().wait()
        except KeyboardInterrupt:
            print(f"\n{len(world.log)} requests, {len(world.foreign)} for other hosts.")


if __name__ == "__main__":
    main()
