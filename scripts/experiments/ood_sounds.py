"""Make sounds that are no music, and hear them: python -m scripts.experiments.ood_sounds fit FILE

`fit` makes the set that `manage.py train_model --sounds FILE.npz` learns from, `test` the one
that `manage.py evaluate_model --outside FILE.npz` measures with. Speech needs espeak-ng.
Writes `tags` float32 (n, 50), one row a patch of 3 s; `track` and `kind` (n,), the clip and the
kind (speech, noise, tones, quiet) of each row.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np

from ml.data.ood_sounds import PALETTES, outside_sounds
from ml.errors import MLError
from ml.inference.classifier import get_classifier


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("palette", choices=PALETTES)
    parser.add_argument("file", type=Path)
    parser.add_argument(
        "--model", help="bundle whose MusiCNN listens (default: the one that serves)"
    )
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    classifier = get_classifier(options.model)
    tags, names, kinds = [], [], []
    for kind, name, samples in outside_sounds(
        PALETTES[options.palette], classifier.rate_hz, options.seed
    ):
        rows = classifier.patch_tags(samples, raise_quiet=False)
        tags.append(rows)
        names += [name] * len(rows)
        kinds += [kind] * len(rows)
    options.file.parent.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(
        options.file,
        tags=np.concatenate(tags).astype(np.float32),
        track=np.array(names),
        kind=np.array(kinds),
    )
    print(f"{options.file}: {len(set(names))} clips, {len(names)} patches")


if __name__ == "__main__":
    try:
        main()
    except MLError as error:
        print(error, file=sys.stderr)
        sys.exit(2)
