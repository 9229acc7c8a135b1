"""Train a genre head on cached features and write a bundle."""

from __future__ import annotations

from pathlib import Path

from django.conf import settings

from ml.bundle import write_musicnn_bundle
from ml.card import BUNDLES
from ml.dataset import load_tag_means, training_tracks
from ml.pretrained import find_wheel
from ml.training import train_head

from ..base import ListeningCommand


class Command(ListeningCommand):
    help = (
        "Train a genre classifier on MusiCNN's tags of GTZAN and write the bundle. "
        "Trains on the train and valid parts of the fault-filtered split, less the artists of test."
    )

    def add_arguments(self, parser):
        parser.add_argument("--architecture", choices=["musicnn"], default="musicnn")
        parser.add_argument(
            "--features", type=Path, required=True, help="folder with musicnn_tags.npz"
        )
        parser.add_argument("--model", required=True, help="id of the new bundle")
        parser.add_argument(
            "--backbone",
            type=Path,
            default=Path(settings.DATA_DIR) / "backbone",
            help="folder that fetch_backbone filled (default: %(default)s)",
        )
        parser.add_argument("--out", type=Path, default=BUNDLES, help="folder of the bundles")
        parser.add_argument("--seed", type=int, default=0)

    def listen(self, *, features, model, backbone, out, seed, **options):
        wheel = find_wheel(backbone)
        examples = load_tag_means(features, training_tracks())
        self.stdout.write(f"training on {len(examples.names)} tracks ...")
        head = train_head(examples, seed=seed)
        chosen = head.report["cross_validation"]
        self.stdout.write(
            f"C = {head.report['C']}: accuracy {chosen['accuracy']:.3f} in {chosen['scheme']}"
        )
        folder = write_musicnn_bundle(head, wheel=wheel, model_id=model, bundles=out)
        self.stdout.write(f"wrote {folder}")
