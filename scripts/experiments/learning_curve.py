"""What more recordings would bring: python -m scripts.experiments.learning_curve

Heads with the settings of a bundle that learned from labelled recordings of many places learn from
a share of these recordings, or of the places, besides GTZAN. Each is judged on places and artists
that it never heard. Writes the numbers to ml/evaluation/learning_curve.json.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from ml.data.feature_cache import load_examples, with_yamnet
from ml.data.gtzan import training_tracks
from ml.data.labelled_cache import read_labelled_cache
from ml.errors import MLError
from ml.evaluation.learning_curve import RESULT
from ml.families.musicnn_yamnet.classes import SETS
from ml.heads.wild.examples import TwoWorlds
from ml.heads.wild.learning_curve import learning_curve
from ml.heads.wild.search import choice_of
from ml.registry.bundles import SHIPPED


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m scripts.experiments.learning_curve", description=__doc__
    )
    parser.add_argument("--features", type=Path, required=True, help="folder of GTZAN's caches")
    parser.add_argument("--wild", type=Path, required=True, help="see ml/data/labelled_cache.py")
    parser.add_argument("--model", help="id of the bundle (default: the one that serves)")
    parser.add_argument("--out", type=Path, default=RESULT)
    options = parser.parse_args(arguments)
    try:
        card = SHIPPED.card(options.model)
        choice = choice_of(card)
        examples = load_examples(options.features, training_tracks())
        if card.yamnet:
            examples = with_yamnet(examples, options.features)
        worlds = TwoWorlds(examples, read_labelled_cache(options.wild), None, 0, SETS)
        rows = learning_curve(worlds, choice)
    except MLError as error:
        print(error, file=sys.stderr)
        return 2
    result = {"model": card.model_id, "judged_on": len(worlds.known), "rows": rows}
    options.out.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(result))
    return 0


if __name__ == "__main__":
    sys.exit(main())
