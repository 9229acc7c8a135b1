"""Model cards: the description of a bundle, as a typed and validated object.

`card.json` is the file; each class of `ml.registry.sections` is a section of it, and a key that no
class has is an error. Neither TensorFlow nor librosa is imported, so that a page can read a card.

Some keys of the file are older than the usual names that the attributes have; an alias maps one to
the other. The keys stay, so that every bundle that was ever written can be read.
"""

from __future__ import annotations

import hashlib
import json
import re
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import Field, ValidationError, model_validator

from ml.data.gtzan import EVERY_TRACK
from ml.errors import BundleError
from ml.probabilities import Calibration

from .sections.base import Section, Sha256
from .sections.certainty import BudgetCurve, ConfidenceLevel, OodDetectorCard
from .sections.networks import Backbone, BundleFile, HeadWeights, LightForm, SecondNetwork
from .sections.scores import PartScores, Robustness, Speed
from .sections.training import EvaluatedModel, Learned, TrainingData, TrainingReport, WildData

MODEL_ID = re.compile(r"[a-z0-9][a-z0-9.-]{0,63}")


class ModelCard(Section):
    """The whole of `card.json`.

    Attributes
    ----------
    folder : where the bundle lies; not in the file
    labels : the genres, in the order of every array of probabilities
    tags : names of the tags that the network predicts besides genres, where its family has such
    yamnet : the second network, whose classes are the last of the tags
    statistics : what the head is computed from, `ml.heads.mixed_discriminant.MixedDiscriminant`
    imputation : predicts YAMNet's tags of cached tracks of which only MusiCNN's are known,
        `ml.heads.imputation.Imputation`
    moments : what the detector's discriminant was fitted from,
        `ml.heads.class_moments.ClassMoments`; older bundles have none
    light : its networks in a form that needs no TensorFlow; older bundles have none
    learned : of a bundle that learned on from another one; its head is that of the card
    budget : how sure an answer has to be, so that few of those that are used are wrong
    limits : sentences for readers
    metrics : scores by part of a split, e.g. "test_filtered"; "wild" are those on real music of
        many places; "wild_out_of_fold" are those of cross-validation, each track by models
        that were trained on neither its place nor its artist among the many places;
        "gtzan_out_of_fold" the like in GTZAN, without its artist there
    wild : what it was trained on besides GTZAN
    raise_to_db : at serving, quieter windows are raised to this RMS level, dB of full scale
    measured_by : the model that was scored, which is another one where this was trained on the test
        part
    """

    folder: Path = Field(Path(), exclude=True)
    model_id: str = Field(alias="model", pattern=f"^{MODEL_ID.pattern}$")
    family: str = Field(alias="architecture")
    recipe: str | None = None
    summary: str = ""
    labels: Annotated[tuple[str, ...], Field(min_length=2)]
    trained_on: str = ""
    measured_by: str = ""
    parameters: int | None = None
    created: str = ""
    sha256: Sha256
    size_bytes: int | None = None
    versions: dict[str, str] = {}
    training_data: TrainingData | None = Field(None, alias="data")
    wild: WildData | None = None
    limits: tuple[str, ...] = ()
    metrics: dict[str, PartScores] = {}
    tags: tuple[str, ...] = ()
    tag_means: tuple[float, ...] = ()
    front_end: dict[str, int | float]
    raise_to_db: float | None = None
    backbone: Backbone | None = None
    yamnet: SecondNetwork | None = None
    licences: dict[str, str] = {}
    head: HeadWeights | None = None
    statistics: BundleFile | None = None
    imputation: BundleFile | None = None
    moments: BundleFile | None = None
    light: LightForm | None = None
    calibration: Calibration | None = None
    confidence_levels: tuple[ConfidenceLevel, ...] = Field((), alias="confidence_words")
    ood: OodDetectorCard | None = Field(None, alias="outside")
    budget: BudgetCurve | None = None
    training: TrainingReport | None = None
    learned: Learned | None = None
    evaluated: EvaluatedModel | None = Field(None, alias="examined")
    robustness: Robustness | None = None
    speed: Speed | None = None

    @model_validator(mode="after")
    def _shapes_agree(self) -> Self:
        n = len(self.labels)
        if len(set(self.labels)) < n:
            raise ValueError("two labels are the same")
        if self.tag_means and len(self.tag_means) != len(self.tags):
            raise ValueError("tag_means must have a number a tag")
        if head := self.head:
            shape = {len(row) for row in head.kernel}
            if shape != {n} or len(head.bias) != n:
                raise ValueError("the head must have a column a label")
            if not len(head.kernel) == len(head.baseline) == len(head.features):
                raise ValueError("the head must have a row a feature")
            epsilon = head.clip_epsilon
            if isinstance(epsilon, tuple) and len(epsilon) != len(head.features):
                raise ValueError("the head's floor must be one number or one a feature")
        if self.yamnet and len(self.yamnet.classes) >= len(self.tags):
            raise ValueError("the classes of YAMNet must be the last of the tags")
        if self.ood and {words.tag for words in self.ood.sounds_like} - set(self.tags):
            raise ValueError("each of the words in sounds_like must name a tag")
        for name, scores in self.metrics.items():
            if {len(scores.confusion), *map(len, scores.confusion)} != {n}:
                raise ValueError(f"the confusion of {name} must have a row and a column a label")
        return self

    @property
    def model_path(self) -> Path:
        """The file of the network."""
        return self.folder / "model.keras"

    @property
    def feature_space(self) -> str:
        """A digest of all that features depend on: those of two models compare if it is the same.

        These are the networks, what they are fed, and which of their outputs are features; neither
        the head nor the calibration, which can be learned anew.
        """
        heard_by: list[Any] = [self.family, self.front_end, self.raise_to_db]
        if self.backbone:
            second = self.yamnet.model_dump(mode="json") if self.yamnet else None
            heard_by += [self.backbone.sha256, second, self.tags]
        else:  # the network is its own
            heard_by.append(self.sha256)
        return hashlib.sha256(json.dumps(heard_by, sort_keys=True).encode()).hexdigest()

    @property
    def ood_path(self) -> Path | None:
        """The file of the out-of-distribution detector, if the bundle has one."""
        return self.folder / self.ood.file if self.ood else None

    @property
    def musicnn_tags(self) -> tuple[str, ...]:
        """The tags that are MusiCNN's; those of a second network follow them."""
        return self.tags[: -len(self.yamnet.classes)] if self.yamnet else self.tags

    @property
    def weighed_tags(self) -> tuple[str, ...]:
        """The tags that the head weighs; others may be for the detector alone."""
        head = self.head
        if head is None:
            return self.tags
        rows = zip(head.features, head.kernel, strict=True)
        return tuple(tag for tag, row in rows if any(row))

    @property
    def yamnet_path(self) -> Path | None:
        """The file of the second network, if the bundle has one."""
        return self.folder / self.yamnet.file if self.yamnet else None

    @property
    def test(self) -> PartScores | None:
        """The scores on the test part, of this model or of its reference model."""
        return self.metrics.get("test_filtered")

    @property
    def in_the_wild(self) -> PartScores | None:
        """The scores on real music of many places that it did not learn from; None: not judged."""
        return self.metrics.get("wild_out_of_fold") or self.metrics.get("wild")

    @property
    def is_chosen_out_of_fold(self) -> bool:
        """Whether the scores of cross-validation are with settings that other folds chose."""
        if self.wild is None or self.training is None:
            return False
        found = self.training.cross_validation.accuracy
        return bool(found == self.wild.accuracy_chosen_without_the_fold)

    @property
    def reference_model(self) -> str:
        """The model whose scores the card shows, because this one was trained on the test tracks.

        "" for a model that was scored itself.
        """
        return self.measured_by if self.measured_by not in ("", self.model_id) else ""

    @property
    def heard_the_test(self) -> bool:
        """Whether the test part was among the training tracks."""
        return self.trained_on == EVERY_TRACK

    @property
    def scored(self) -> EvaluatedModel | TrainingReport | None:
        """The training of the model that the scores belong to."""
        return self.evaluated or self.training

    @property
    def rounds(self) -> int:
        """How often the model's own cross-validation judged each track."""
        if self.learned and self.learned.own_levels:
            return 1
        return self.training.cross_validation.repeats if self.training else 1


def read_card(folder: Path) -> ModelCard:
    """Read and check the card in a bundle's folder.

    Raises
    ------
    BundleError : there is none, or it is not as a card must be
    """
    path = folder / "card.json"
    try:
        return _parsed(path, file_state(path))
    except OSError as exc:
        raise BundleError(f"There is no model {folder.name!r}.") from exc


def read_card_data(folder: Path) -> dict[str, Any]:
    """Read `card.json` as plain values, to change them and write it again.

    Raises
    ------
    BundleError : it cannot be read
    """
    try:
        data = json.loads((folder / "card.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as exc:
        raise BundleError(f"The card of model {folder.name!r} cannot be read.") from exc
    if not isinstance(data, dict):
        raise BundleError(f"The card of model {folder.name!r} cannot be read.")
    return data


def parse_card(data: dict[str, Any], folder: Path) -> ModelCard:
    """Make a card of plain values.

    Raises
    ------
    BundleError : they are not as a card must be; names the first fault
    """
    try:
        return ModelCard.model_validate(data | {"folder": folder})
    except ValidationError as exc:
        problem = exc.errors()[0]
        place = ".".join(map(str, problem["loc"]))
        raise BundleError(
            f"The card of model {folder.name!r} cannot be read: "
            f"{place + ': ' if place else ''}{problem['msg'].removeprefix('Value error, ')}."
        ) from exc


@lru_cache(maxsize=64)
def _parsed(path: Path, state: tuple[int, int, int]) -> ModelCard:
    """Parse a card. `state` is that of the file, so that a changed file is read again."""
    return parse_card(read_card_data(path.parent), path.parent)


def file_state(path: Path) -> tuple[int, int, int]:
    """Return what changes when a file is written anew: inode, time and size."""
    stat = path.stat()
    return stat.st_ino, stat.st_mtime_ns, stat.st_size


def file_sha256(path: Path) -> str:
    """Compute the SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
