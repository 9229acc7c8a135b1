"""Fetch the newest yt-dlp for this site, verified by its hash, or go back."""

from __future__ import annotations

import argparse
from typing import Any

from classifier.management.base import MLCommand
from classifier.operations import ytdlp_update
from classifier.sources.youtube.ytdlp.about import ytdlp_version


class Command(MLCommand):
    help = (
        "Fetch the newest yt-dlp into DATA_DIR, verified by its hash, and use it from the next "
        "song on. YTDLP_UPDATE=1 does so daily."
    )

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        group = parser.add_mutually_exclusive_group()
        group.add_argument("--back", action="store_true", help="use what was used before")
        group.add_argument(
            "--again", action="store_true", help="take the newest even if it was gone back from"
        )
        group.add_argument("--show", action="store_true", help="say which one is used")

    def run(self, *args: Any, back: bool, again: bool, show: bool, **options: Any) -> int | None:
        try:
            if show:
                told = f"yt-dlp {ytdlp_version() or 'is not installed'}"
            else:
                told = ytdlp_update.go_back() if back else ytdlp_update.update(again=again)
        except ytdlp_update.UpdateError as error:
            self.stderr.write(f"Nothing was changed: {error}")
            return 2
        self.stdout.write(told)
        return None
