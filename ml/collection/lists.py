"""Lists of what was found in a collection: lines for people and programs, and playlists."""

from __future__ import annotations

import csv
import io
import json
import os
from collections.abc import Iterable
from pathlib import Path

from ml.atomic_files import replacing
from ml.genre_words import NBSP, NO_GENRE, NO_MUSIC, genre_name, percent

from .answers import Answer
from .genre_tags import tag_word

COLUMNS = (
    "path", "genre", "confidence", "none_of_the_ten", "is_music", "sounds_like", "second",
    "second_confidence", "model",
)  # fmt: skip
FORMULAS = ("=", "+", "-", "@", "\t", "\r")  # what a spreadsheet would take for one


def text_line(path: Path, answer: Answer, top: int) -> str:
    """Return a line for people: "song.mp3: jazz 83.1 % (blues 9.0 %)"."""
    # A plain space: in a terminal, people search and cut what they see.
    ranked = [f"{genre_name(g)} {percent(p)}".replace(NBSP, " ") for g, p in answer.top(top)]
    first, *others = ranked
    if answer.none_of_the_ten:
        refusal = _refusal(answer)
        if answer.is_music is False:
            return f"{path}: {refusal}"
        first = f"{refusal}, nearest {first}"
    return f"{path}: {first}" + (f" ({', '.join(others)})" if others else "")


def _refusal(answer: Answer) -> str:
    """Return what is said in place of a genre: "none of the ten, sounds like techno"."""
    is_music = answer.is_music is not False
    none = genre_name(NO_GENRE, len(answer.probabilities)) if is_music else NO_MUSIC
    return f"{none}, sounds like {answer.sounds_like}" if answer.sounds_like else none


def json_line(path: Path, answer: Answer, top: int, seconds: float) -> str:
    """Return one JSON object; a byte of a name that is not UTF-8 is a lone surrogate in it."""
    labels = list(answer.probabilities)
    return json.dumps(
        {
            "path": str(path),
            "genre": answer.genre,
            "confidence": answer.confidence,
            "none_of_the_ten": answer.none_of_the_ten,
            "is_music": answer.is_music,
            "sounds_like": answer.sounds_like,
            "top": [{"genre": genre, "probability": p} for genre, p in answer.top(top)],
            "segments": [
                {
                    "start_s": segment.start_s,
                    "end_s": segment.end_s,
                    "probabilities": dict(zip(labels, segment.probabilities, strict=True)),
                }
                for segment in answer.segments
            ],
            "model": answer.model,
            "seconds": round(seconds, 3),
        }
    )


def csv_head() -> str:
    return _csv_row(COLUMNS)


def csv_line(path: Path, answer: Answer) -> str:
    """Return a row of `COLUMNS`; what a spreadsheet would take for a formula begins with "'"."""
    (_, _), (second, second_confidence) = answer.top(2)
    values = (
        str(path), answer.genre, answer.confidence, answer.none_of_the_ten, answer.is_music,
        answer.sounds_like, second, second_confidence, answer.model,
    )  # fmt: skip
    return _csv_row(["" if value is None else _plain(str(value)) for value in values])


def _plain(value: str) -> str:
    return f"'{value}" if value.startswith(FORMULAS) else value


def _csv_row(values: Iterable[str]) -> str:
    line = io.StringIO()
    csv.writer(line, lineterminator="").writerow(values)
    return line.getvalue()


def write_playlists(folder: Path, found: Iterable[tuple[Path, Answer]]) -> list[Path]:
    """Write a playlist for each genre in both forms, and return the files.

    `GENRE.m3u8` names the files relative to the folder, which players on other machines need.
    `GENRE.nsp` is a smart playlist of Navidrome, which goes by the genre in the tags: it finds
    what `genre apply` has written there, and stays true when files move.

    Parameters
    ----------
    found : what is refused is in no list
    """
    by_genre: dict[str, list[Path]] = {}
    for path, answer in found:
        if not answer.none_of_the_ten and "\n" not in str(path):  # no line could name it
            by_genre.setdefault(answer.genre, []).append(path)
    written = []
    for genre, paths in sorted(by_genre.items()):
        name = genre.replace("/", "-")  # of a genre that a site was taught
        m3u, nsp = folder / f"{name}.m3u8", folder / f"{name}.nsp"
        names = [_relative(path, folder) for path in paths]
        # A line that begins with # would be a comment.
        lines = [f"./{name}\n" if name.startswith("#") else f"{name}\n" for name in names]
        with replacing(m3u) as draft:
            text = "".join(["#EXTM3U\n", f"#PLAYLIST:{tag_word(genre)}\n", *lines])
            draft.write_bytes(os.fsencode(text))
        rule = {
            "name": tag_word(genre),
            "comment": "By the genre in the tags",
            "all": [{"is": {"genre": tag_word(genre)}}],
            "sort": "random",
        }
        with replacing(nsp) as draft:
            draft.write_text(json.dumps(rule, indent=2) + "\n", encoding="utf-8")
        written += [m3u, nsp]
    return written


def _relative(path: Path, folder: Path) -> str:
    return os.path.relpath(path.resolve(), folder.resolve())
