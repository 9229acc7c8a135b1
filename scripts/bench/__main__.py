"""scripts/benchmark [PART ...] [--json]"""

from __future__ import annotations

import argparse
import json

from . import (
    attacks,
    batch,
    collection,
    decode,
    fetch,
    history,
    learning,
    predict,
    runtime,
    similar,
    slow,
    startup,
    web,
)

PARTS = {
    "startup": startup, "predict": predict, "decode": decode, "fetch": fetch, "history": history,
    "learning": learning, "runtime": runtime, "batch": batch, "slow": slow, "web": web,
    "attacks": attacks, "similar": similar, "collection": collection,
}  # fmt: skip
# Only by name: a million songs take 7 GB of disk and some minutes; learning, slow visitors, both
# runtimes in turn and a folder of clips minutes too, and the attacks 3 GB of memory.
USUAL = ("startup", "predict", "decode", "fetch")


def main() -> None:
    parser = argparse.ArgumentParser(prog="scripts/benchmark", description=__doc__)
    parser.add_argument(
        "parts",
        nargs="*",
        metavar="PART",
        help=f"of {', '.join(PARTS)} (default: {', '.join(USUAL)})",
    )
    parser.add_argument("--json", action="store_true", help="one JSON object a part, a line each")
    options = parser.parse_args()
    if unknown := set(options.parts) - set(PARTS):
        parser.error(f"there is no part {sorted(unknown)[0]!r}; there are {', '.join(PARTS)}")
    for name in options.parts or USUAL:
        result = {"part": name, **PARTS[name].measure()}
        as_lines = getattr(PARTS[name], "as_text", as_text)
        text = json.dumps(result) if options.json else "\n".join([name, *as_lines(result)])
        print(text, flush=True)


def as_text(result: dict) -> list[str]:
    return [f"  {name:42} {value}" for name, value in result.items() if name != "part"]


if __name__ == "__main__":
    main()
