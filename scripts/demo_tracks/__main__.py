"""Make the demo library: every track, or those of the genres named."""

import argparse
import importlib
import pkgutil
import tempfile
from pathlib import Path

from . import catalog, render, tracks

LIBRARY = Path(__file__).resolve().parents[2] / "classifier" / "library"
NOT_TRACKS = {"credits"}


def all_tracks() -> dict[str, object]:
    """The tracks' modules by name."""
    names = sorted(module.name for module in pkgutil.iter_modules(tracks.__path__))
    package = tracks.__name__
    return {
        name: importlib.import_module(f"{package}.{name}")
        for name in names
        if name not in NOT_TRACKS
    }


def main() -> None:
    modules = all_tracks()
    parser = argparse.ArgumentParser(prog="python -m scripts.demo_tracks", description=__doc__)
    parser.add_argument("name", nargs="*", choices=[[], *modules], help="modules in tracks/")
    parser.add_argument("--out", type=Path, default=LIBRARY, help="folder of the MP3 files")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    made = {name: module.make() for name, module in modules.items()}
    for name in options.name or made:
        track = made[name]
        path = options.out / f"{track.slug}.mp3"
        with tempfile.TemporaryDirectory() as folder:
            render.produce(track, path, Path(folder))
        print(f"{track.genre:10} {path.name}  {path.stat().st_size / 1e3:.0f} kB", flush=True)
    catalog.write(list(made.values()), options.out)


if __name__ == "__main__":
    main()
