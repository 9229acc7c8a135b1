"""From a leaky score to an honest one: python -m scripts.experiments.ablation --features CACHE

Every rung is scored on the same training tracks, each track (or segment) judged by a model that was
not trained on it. The test part of GTZAN is never touched. Writes the numbers to
ml/evaluation/ablation.json.
"""

from __future__ import annotations

import argparse
import json
import sys
from datetime import date
from pathlib import Path

import numpy as np

from ml.data.feature_cache import Clips, Examples, load_clips, load_examples
from ml.data.folds import Folds, grouped_folds
from ml.data.gtzan import GENRES, training_tracks
from ml.errors import MLError
from ml.families.mel_cnn.config import MelCnnConfig
from ml.families.mel_cnn.segments import cut
from ml.families.mel_cnn.validation import cross_validate
from ml.families.musicnn import training
from ml.families.musicnn.training import HeadSettings
from ml.metrics.calibration import fit_temperature
from ml.metrics.intervals import wilson_interval
from ml.probabilities import softmax
from ml.registry.recipe import default_recipe, read_recipe

RESULT = Path(__file__).parents[2] / "ml" / "evaluation" / "ablation.json"
# The network of the project this one follows, as far as a small one can be: no normalisation, no
# augmentation, the same cuts in every epoch.
PLAIN = {
    "filters": (16, 32, 64, 128), "pooling": "flatten", "batch_norm": False, "crops": 0,
    "gain_db": 0.0, "time_mask": 0, "frequency_mask": 0, "mixup": 0.0, "label_smoothing": 0.0,
    "weight_decay": 0.0, "learning_rate": 1e-3, "epochs": 12,
}  # fmt: skip
QUICK = {"epochs": 1, "filters": (4, 4, 8, 8), "crops": 1}


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m scripts.experiments.ablation", description=__doc__
    )
    parser.add_argument("--features", type=Path, required=True, help="folder of both caches")
    parser.add_argument("--folds", type=int, default=5)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--quick", action="store_true", help="one epoch of a tiny network: a trial")
    parser.add_argument("--work", type=Path, help="keep checkpoints here; a killed run goes on")
    parser.add_argument("--oof", type=Path, help="also save the mel-cnn's probabilities as .npz")
    parser.add_argument("--out", type=Path, default=RESULT)
    options = parser.parse_args(arguments)
    try:
        result = climb(options)
    except MLError as error:
        print(error, file=sys.stderr)
        return 2
    if not options.quick or options.out != RESULT:
        options.out.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    print(as_markdown(result))
    return 0


def climb(options) -> dict:
    """Every rung; a dict of plain numbers, ready for JSON."""
    clips = load_clips(options.features, training_tracks())
    examples = load_examples(options.features, clips.names)
    judged = np.isin(clips.names, examples.names)  # the tracks that every rung can judge
    y = clips.y[judged]
    splits = grouped_folds(clips.y, clips.groups, n_folds=options.folds, seed=options.seed)
    quick = QUICK if options.quick else {}
    plain = MelCnnConfig(**(PLAIN | quick | {"crops": 0}))
    recipe = read_recipe(default_recipe("mel-cnn"))
    ours = MelCnnConfig.from_recipe(recipe.settings | quick)

    def cnn(name: str, config: MelCnnConfig, of: Clips, folds: Folds) -> np.ndarray:
        return cross_validate(
            config,
            of,
            folds=folds,
            seed=options.seed,
            out=options.work and options.work / name,
            report=lambda line: print(f"{name}: {line}", file=sys.stderr, flush=True),
        )

    segments = as_segments(clips, plain.patch_frames)
    each = len(segments) // len(clips)
    of_judged = np.repeat(judged, each)
    leaky = cnn("leaky", plain, segments, random_splits(segments, options.folds, options.seed))
    honest_splits = [(spread(learn, each), spread(held, each)) for learn, held in splits]
    honest = cnn("honest", plain, segments, honest_splits)
    honest_tracks = honest.reshape(len(clips), each, -1).mean(axis=1)
    mel_cnn = cnn("mel-cnn", ours, clips, splits)
    mel_cnn_p = softmax(mel_cnn / fit_temperature(mel_cnn, clips.y))
    if options.oof:
        np.savez(
            options.oof,
            names=clips.names,
            probabilities=mel_cnn_p.astype(np.float32),
            logits=mel_cnn.astype(np.float32),
            labels=GENRES,
        )
    musicnn = out_of_fold_head(examples, options.seed)
    vote = (mel_cnn_p[judged] + musicnn) / 2

    rungs = [
        ("plain CNN, segments split at random (leaky)", "segment", leaky[of_judged], None),
        ("plain CNN, artists kept apart", "segment", honest[of_judged], None),
        ("plain CNN, artists kept apart", "track", honest_tracks[judged], y),
        ("mel-cnn: augmented and regularised", "track", mel_cnn[judged], y),
        ("musicnn: linear head on a pretrained tagger", "track", musicnn, y),
        ("soft vote of mel-cnn and musicnn", "track", vote, y),
    ]  # fmt: skip
    return {
        "command": "python -m scripts.experiments.ablation --features CACHE",
        "scheme": f"out of fold on the training tracks: {options.folds} folds for the CNNs, "
        f"{training.FOLDS} for the musicnn head; one repeat",
        "n_tracks": int(judged.sum()),
        "n_tracks_learned_from_by_cnns": len(clips),
        "seed": options.seed,
        "quick": options.quick,
        "plain": plain.to_dict(),
        "mel_cnn": ours.to_dict(),
        "rungs": [
            rung(name, unit, scores, np.repeat(y, each) if truth is None else truth)
            for name, unit, scores, truth in rungs
        ],
        "created": date.today().isoformat(),
    }


def as_segments(clips: Clips, patch_frames: int) -> Clips:
    """Each segment of each clip as a clip of its own, in the clips' order."""
    pieces = cut(clips.mel_db, patch_frames)
    each = pieces.shape[1]
    return Clips(
        [f"{name}/{i}" for name in clips.names for i in range(each)],
        pieces.reshape(-1, *pieces.shape[2:]),
        np.repeat(clips.y, each),
        [group for group in clips.groups for _ in range(each)],
    )


def random_splits(segments: Clips, folds: int, seed: int) -> Folds:
    """Segments dealt out at random, so that pieces of one track are on both sides: the leak."""
    from sklearn.model_selection import StratifiedKFold

    splitter = StratifiedKFold(folds, shuffle=True, random_state=seed)
    return list(splitter.split(segments.names, segments.y))


def spread(rows: np.ndarray, each: int) -> np.ndarray:
    """Positions of clips to positions of their segments."""
    return (rows[:, None] * each + np.arange(each)).ravel()


def out_of_fold_head(examples: Examples, seed: int) -> np.ndarray:
    """The musicnn head's probabilities, each track judged by a head that never heard its artist.

    The first repeat of what train_model itself does, on its folds.
    """
    settings = HeadSettings.from_recipe(read_recipe(default_recipe("musicnn")).settings)
    trials = [
        training.cross_validate(
            examples, settings, clip_epsilon=epsilon, shrinkage=shrinkage, seed=seed
        )
        for epsilon in settings.clip_epsilons
        for shrinkage in settings.shrinkages
    ]
    logits = max(trials, key=lambda trial: trial.accuracy).logits[0]
    return softmax(logits / fit_temperature(logits, examples.y))


def rung(name: str, unit: str, scores: np.ndarray, y: np.ndarray) -> dict:
    right = int((scores.argmax(axis=1) == y).sum())
    return {
        "name": name,
        "unit": unit,
        "n": len(y),
        "accuracy": round(right / len(y), 4),
        "accuracy_ci95": [round(bound, 4) for bound in wilson_interval(right, len(y))],
    }


def as_markdown(result: dict) -> str:
    lines = ["| model | judged by | n | accuracy | 95 % interval |", "|---|---|---|---|---|"]
    for row in result["rungs"]:
        low, high = row["accuracy_ci95"]
        lines.append(
            f"| {row['name']} | {row['unit']} | {row['n']} | {row['accuracy']:.1%} | "
            f"{low:.1%} to {high:.1%} |"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
