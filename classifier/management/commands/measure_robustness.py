"""Measure how a model holds up on worse copies of GTZAN's clips."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from django.core.management.base import CommandParser

from classifier.management.base import BUNDLES_HELP, MLCommand, registry_at
from ml.audio.decode import decode
from ml.audio.files import find_audio
from ml.data.feature_cache import load_examples
from ml.data.gtzan import tracks, training_tracks
from ml.errors import DatasetError
from ml.evaluation.robustness import measure, out_of_fold_judge
from ml.families.musicnn import training as musicnn
from ml.families.musicnn_yamnet import training as musicnn_yamnet
from ml.inference.classifier import get_classifier
from ml.registry.card import ModelCard
from ml.registry.writer import save_section


class Command(MLCommand):
    help = (
        "Re-encode, detune, add noise to, record anew and cut clips of GTZAN, and count how often "
        "a model with a linear head is still right. A clip it was trained on is judged by a head "
        "that was trained anew without its artist."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--audio", type=Path, required=True, help="folder of clips named as blues.00000.wav"
        )
        parser.add_argument(
            "--features", type=Path, required=True, help="folder with musicnn_tags.npz"
        )
        parser.add_argument(
            "--wild",
            type=Path,
            metavar="FOLDER",
            help="for a model that learned from labelled recordings too: those, see train_model",
        )
        parser.add_argument("--model", help="id of the bundle (default: the one that serves)")
        parser.add_argument("--bundles", type=Path, help=BUNDLES_HELP)
        parser.add_argument("--json", action="store_true", help="print one JSON object")
        parser.add_argument("--save", action="store_true", help="write it into the card")

    def run(
        self,
        *,
        audio: Path,
        features: Path,
        wild: Path | None,
        model: str | None,
        bundles: Path | None,
        save: bool,
        **options: Any,
    ) -> None:
        registry = registry_at(bundles)
        card = registry.card(model)
        if card.head is None or card.ood is None:
            raise DatasetError(f"{card.model_id} has no head that could be trained anew.")
        if card.heard_the_test:
            raise DatasetError(
                f"{card.model_id} was trained on every track: measure its reference model."
            )
        found = {path.stem: path for path in find_audio([audio]) if path.stem in tracks()}
        if not found:
            raise DatasetError(f"{audio} has no clip that is named as one of GTZAN.")
        classifier = get_classifier(card.model_id, registry)
        heads = heads_without_the_artist(card, features, wild)
        # Not those that share an artist with the training tracks without being among them: no head
        # was trained without that artist.
        names = sorted(set(found) & (set(heads) | unheard()))
        clips = {name: decode(found[name], rate_hz=classifier.rate_hz) for name in names}
        judge = out_of_fold_judge(classifier, heads)
        tell = (lambda _: None) if options["json"] else self.stdout.write
        result = measure(clips, classifier.rate_hz, judge, tell)
        if save:
            save_section(card, "robustness", result)
        if options["json"]:
            self.stdout.write(json.dumps({"model": card.model_id, **result}))


def heads_without_the_artist(
    card: ModelCard, features: Path, wild: Path | None
) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Return a kernel and a bias for each training track, by its name."""
    if card.wild is not None:
        if wild is None:
            raise DatasetError(f"{card.model_id} learned from labelled recordings: give --wild.")
        if card.yamnet is None:
            raise DatasetError(f"{card.model_id} cannot be trained anew without an artist.")
        return musicnn_yamnet.held_out_heads(card, features, wild)
    clip_epsilon, shrinkage, artist_weight = musicnn.settled(card)
    return musicnn.held_out_heads(
        load_examples(features, training_tracks()),
        musicnn.HeadSettings(artist_weight=artist_weight),
        clip_epsilon=clip_epsilon,
        shrinkage=shrinkage,
        seed=card.training.seed if card.training else 0,
    )


def unheard() -> set[str]:
    """Return the tracks that share no artist and no recording with the training tracks."""
    known = tracks()
    trained = [known[name] for name in training_tracks()]
    artists = {track.artist for track in trained} - {""}
    recordings = {track.repeat_group for track in trained} - {""}
    names = {track.name for track in trained}
    return {
        name
        for name, track in known.items()
        if track.name not in names
        and track.artist not in artists
        and track.repeat_group not in recordings
    }
