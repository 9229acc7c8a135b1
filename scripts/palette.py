"""Write the colours of classifier/palette.py into the style sheets: python -m scripts.palette

Each place of theirs stands between two comments: "palette: KIND" and "end of palette".
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

from classifier.palette import slots

CSS = Path(__file__).parents[1] / "static" / "css"
FILES = (CSS / "tokens.css", CSS / "admin-dashboard.css")
PLACE = re.compile(
    r"^(?P<indent> *)(?P<begin>/\* palette: (?P<kind>\w+)[^\n]*\*/\n)"
    r".*?(?P<end>^ */\* end of palette)",
    re.DOTALL | re.MULTILINE,
)
KINDS = {
    "light": lambda name, colour: f"--genre-{name}: {colour.light};",
    "dark": lambda name, colour: f"--genre-{name}: {colour.dark};",
    "classes": lambda name, colour: f".genre-{name} {{ --genre: var(--genre-{name}); }}",
    # The admin follows its own choice of a theme.
    "themes": lambda name, colour: (
        f".genre-{name} {{ --genre: light-dark({colour.light}, {colour.dark}); }}"
    ),
}


def filled(css: str) -> str:
    """Return a style sheet with the palette in its places."""
    return PLACE.sub(_place, css)


def _place(found: re.Match) -> str:
    rule = KINDS[found["kind"]]
    lines = (f"{found['indent']}{rule(name, colour)}\n" for name, colour in slots().items())
    return f"{found['indent']}{found['begin']}{''.join(lines)}{found['end']}"


def main() -> int:
    for path in FILES:
        css = path.read_text(encoding="utf-8")
        if (new := filled(css)) != css:
            path.write_text(new, encoding="utf-8")
            print(f"{path.name} was brought up to date.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
