"""Choose the model that serves."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import CommandParser

from classifier.learning import candidates, generations
from classifier.management.base import BUNDLES_HELP, MLCommand, registry_at
from classifier.management.commands.learn import print_gates
from ml.errors import BundleError
from ml.inference.classifier import get_classifier
from ml.learning.gates import failed
from ml.registry.bundles import Registry
from ml.registry.card import ModelCard
from ml.registry.promotion import promote


class Command(MLCommand):
    help = (
        "Make a bundle the one that answers when none is named. It must load, have been scored on "
        "the test part, and be no worse than the one that serves: on recordings of many places, "
        "where both cards tell of such, else in cross-validation. One that learned on from what "
        "staff said (manage.py learn) must pass the gates instead."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("model", help="id of the bundle")
        parser.add_argument("--bundles", type=Path, help=BUNDLES_HELP)
        parser.add_argument("--force", action="store_true", help="even if it is worse")
        parser.add_argument(
            "--reason",
            default="",
            help="why it shall serve though it fails a gate; kept with the record of promotions",
        )

    def run(
        self, *, model: str, bundles: Path | None, force: bool, reason: str, **options: Any
    ) -> None:
        registry = registry_at(bundles)
        # Raises where the files are not the card's, or the runtime that serves has none.
        get_classifier(model, registry, settings.MODEL_RUNTIME)
        card = registry.card(model)
        if card.learned:
            self._promote_learned(card, bundles, reason)
            return
        if card.test is None:
            raise BundleError(
                f"{model} was never scored on the test part: run evaluate_model --save."
            )
        serving = serving_card(registry)
        mine, theirs, where = compared(card, serving)
        if serving and mine < theirs and not force:
            raise BundleError(
                f"{model} is right {mine:.1%} of the time {where}, "
                f"{serving.model_id} {theirs:.1%}: to serve it all the same, give --force."
            )
        promote(model, registry)
        if bundles is None and serving and serving.model_id != model:
            generations.record(model, serving.model_id, reason)
        self.stdout.write(f"{model} serves: right {mine:.1%} of the time {where}")

    def _promote_learned(self, card: ModelCard, bundles: Path | None, reason: str) -> None:
        if bundles is not None:
            raise BundleError(
                f"{card.model_id} learned from this site's verdicts and serves this site: leave "
                "--bundles out."
            )
        judged, _ = candidates.judge(card)
        print_gates(self.stdout.write, candidates.as_json(judged))
        try:
            generations.promote(card.model_id, judged, reason=reason)
        except generations.GateFailed as error:
            raise BundleError(
                f"{card.model_id} fails {len(failed(judged))} of {len(judged)} gates: to serve it "
                'all the same, give --reason "why".'
            ) from error
        self.stdout.write(f"{card.model_id} serves")


def compared(card: ModelCard, serving: ModelCard | None) -> tuple[float, float, str]:
    """Return the accuracies of a model and of the one that serves, and where they come from.

    In the wild, where both cards tell of that, because it is what visitors bring; else in
    cross-validation. One that learned from the wild is judged there out of fold.
    """
    if card.in_the_wild and (serving is None or serving.in_the_wild):
        theirs = serving.in_the_wild.accuracy if serving and serving.in_the_wild else 0.0
        return card.in_the_wild.accuracy, theirs, "on recordings of many places"
    # One that learned genres of its own has no scores of that kind.
    theirs = cross_validated_accuracy(serving) if serving and serving.scored else 0.0
    return cross_validated_accuracy(card), theirs, "in cross-validation"


def cross_validated_accuracy(card: ModelCard) -> float:
    """Return the accuracy of the evaluated model in cross-validation.

    Models that were trained on other tracks are not compared by their own folds.
    """
    if card.scored is None:
        raise BundleError(f"The card of {card.model_id} does not say how it was trained.")
    return card.scored.cross_validation.accuracy


def serving_card(registry: Registry) -> ModelCard | None:
    try:
        return registry.card()
    except BundleError:  # none has been promoted there yet
        return None
