"""Model cards: the description of a bundle, as a typed and validated object.

`card.json` is the file; each class here is a section of it, and a key that no class has is an
error. Neither TensorFlow nor librosa is imported, so that a page can read a card.

Some keys of the file are older than the usual names that the attributes have; an alias maps one to
the other. The keys stay, so that every bundle that was ever written can be read.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from ml.data.gtzan import EVERY_TRACK
from ml.errors import BundleError
from ml.probabilities import Calibration

MODEL_ID = re.compile(r"[a-z0-9][a-z0-9.-]{0,63}")

Share = Annotated[float, Field(ge=0, le=1)]
Interval = tuple[float, float]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class Section(BaseModel):
    """Base of the sections of a card."""

    model_config = ConfigDict(extra="forbid", frozen=True, validate_by_name=True)


class ReliabilityBin(Section):
    """Answers of about one confidence: their mean confidence and the share of right ones."""

    low: Share = Field(alias="from")
    high: Share = Field(alias="to")
    n: int
    confidence: Share
    accuracy: Share


class GenreScores(Section):
    """One genre in a test: `n` tracks of it, and `named` tracks that were predicted to be of it."""

    precision: Share
    precision_ci95: Interval | None
    recall: Share
    recall_ci95: Interval | None
    n: int
    named: int


class LevelScores(Section):
    """How often one verbal confidence level was right in a test."""

    word: str
    n: int
    right: Share
    first_two: Share


class OodSetScores(Section):
    """How well one kind of other sound was told apart from music of the model's genres."""

    n: int
    auroc: Share
    refused: int | None = None
    refused_share: Share
    refused_ci95: Interval | None = None


class OodScores(Section):
    """The out-of-distribution detector in a test: `refused` of `n` tracks of the genres."""

    n: int
    refused: int
    refused_share: Share
    refused_ci95: Interval | None = None
    sets: dict[str, OodSetScores]

    @property
    def other_music(self) -> OodSetScores | None:
        """Real music of other genres."""
        return self.sets.get("other music")

    @property
    def no_music(self) -> OodSetScores | None:
        """Real recordings without music."""
        return self.sets.get("no music")


class PartScores(Section):
    """Scores on one part of a split; intervals are 95 % Wilson intervals.

    n_imputed : tracks of which a network of the model had heard nothing, see `ModelCard.imputation`
    """

    n: int
    n_imputed: int | None = None
    accuracy: Share
    accuracy_ci95: Interval | None
    macro_f1: Share
    macro_recall: Share | None = None
    top3_accuracy: Share
    ece: Share
    reliability: tuple[ReliabilityBin, ...]
    per_genre: dict[str, GenreScores]
    confusion: tuple[tuple[int, ...], ...]
    levels: tuple[LevelScores, ...] = Field((), alias="words")
    ood: OodScores | None = Field(None, alias="outside")


class Candidate(Section):
    """Hyperparameters that were tried, and their accuracy."""

    model_config = ConfigDict(extra="allow", frozen=True)

    accuracy: Share


class CrossValidation(Section):
    """Scores of out-of-fold answers, by models trained without the artist, in `repeats` rounds."""

    scheme: str
    repeats: int = 1
    accuracy: Share
    accuracy_std_of_repeats: float | None = None
    macro_f1: Share
    ece: Share
    reliability: tuple[ReliabilityBin, ...]
    candidates: tuple[Candidate, ...] = ()


class TrainingReport(Section):
    """How the model was trained. Further keys of a family are kept as it wrote them.

    n_tracks, n_artists : of the tracks that cross-validation judged
    """

    model_config = ConfigDict(extra="allow", frozen=True)

    n_tracks: int
    n_artists: int
    seed: int
    config: dict[str, Any] | None = None
    history: tuple[dict[str, int | float], ...] | None = None
    cross_validation: CrossValidation


class EvaluatedModel(Section):
    """The model that was scored; another one where this one was trained on the test tracks."""

    model: str
    n_tracks: int
    n_artists: int
    cross_validation: CrossValidation


class TrainingData(Section):
    """The tracks that the model learned from."""

    name: str
    split: str
    parts: dict[str, int]
    n_tracks: int
    n_artists_named: int
    tracks_without_artist: int
    tracks_by_genre: dict[str, int]
    left_out: tuple[str, ...]
    artists_from: str


class WildData(Section):
    """The second world that the model learned from: labelled recordings of many places.

    A place is the collection that a recording was found in.

    largest_places : tracks of the three places that have most of the ten genres
    other_music, no_music : tracks that the out-of-distribution detector learned from
    places_of_these : of so many places
    near_kin, ambiguous : tracks that took no part in training
    world_weight : what all tracks of the ten weighed together, those of GTZAN being 1
    place_power, artist_power : a track weighed (tracks of its place) ** -place_power and (tracks of
        its artist) ** -artist_power; gtzan_artist_power is the like in GTZAN
    weak_label_weight : and this where the label is but from a name, see `ml.data.labelled_cache`
    fair_place_power : the like where probabilities and confidence levels were fitted
    accuracy_chosen_without_the_fold : out of fold, where each fold's settings were chosen by the
        losses of the other folds' tracks, among the candidates that the search on all tried
    gtzan_tracks_with_yamnet : of the training tracks of GTZAN, where the model has that network
        too; of the others its tags were predicted
    head_classes : the set of YAMNet's classes in the head, `ml.families.musicnn_yamnet.classes`
    fingerprints : of the tracks that were learned from, eight hex digits each, see
        `LabelledCache.fingerprints`
    """

    n_tracks: int
    n_places: int
    n_artists_named: int
    tracks_without_artist: int
    tracks_by_genre: dict[str, int]
    tracks_with_weak_label: int
    largest_places: tuple[int, ...]
    other_music: int
    no_music: int
    places_of_these: int
    near_kin: int
    ambiguous: int
    world_weight: float
    place_power: float
    artist_power: float
    weak_label_weight: float
    gtzan_artist_power: float
    fair_place_power: float
    accuracy_chosen_without_the_fold: Share
    gtzan_tracks_with_yamnet: int | None = None
    head_classes: str = ""
    fingerprints: Annotated[str, Field(pattern=r"^([0-9a-f]{8})*$")]

    def heard(self, fingerprints: Sequence[str]) -> int:
        """Count those of these tracks that were in the cache the model was trained with."""
        text = self.fingerprints
        own = {text[i : i + 8] for i in range(0, len(text), 8)}
        return sum(fingerprint in own for fingerprint in fingerprints)


class Backbone(Section):
    """The pretrained network below the head."""

    name: str
    source: str = Field(alias="from")
    sha256: Sha256


class SecondNetwork(Backbone):
    """YAMNet, beside the backbone: a second network on the same recording.

    sha256 : of its file in the bundle
    front_end : settings of `ml.audio.yamnet_front_end.YamnetFrontEnd`
    classes : of its 521, those whose scores are tags, which follow the backbone's in this order.
        The head may leave some to the detector, with weights of 0
    """

    file: str
    front_end: dict[str, int | float]
    classes: Annotated[tuple[Annotated[int, Field(ge=0, lt=521)], ...], Field(min_length=1)]


class BundleFile(Section):
    """A further file of a bundle."""

    file: str
    sha256: Sha256


class LightForm(Section):
    """The bundle's networks as ONNX files, which need no TensorFlow.

    networks : by the name that the family has for each
    largest_difference : between the logits of both forms, on the clips of
        `ml.inference.light_form`
    """

    networks: dict[str, BundleFile]
    largest_difference: Annotated[float, Field(ge=0)]


class HeadWeights(Section):
    """A linear head, see `ml.heads.linear_head.LinearHead`; the kernel has a row a feature.

    clip_epsilon : one number, or one a feature
    """

    features: tuple[str, ...]
    transform: str
    clip_epsilon: float | tuple[float, ...] | None = Field(alias="floor")
    kernel: tuple[tuple[float, ...], ...]
    bias: tuple[float, ...]
    baseline: tuple[float, ...]

    @property
    def first_clip_epsilon(self) -> float | None:
        """That of the first feature, which is one of MusiCNN's."""
        epsilon = self.clip_epsilon
        return epsilon[0] if isinstance(epsilon, tuple) else epsilon


class ConfidenceLevel(Section):
    """A verbal confidence level: the answers it is for, and the share of them that was right."""

    word: str
    min_confidence: Share = Field(alias="from")
    max_margin: Share = Field(alias="margin_up_to")
    right: Share
    first_two: Share
    n: int
    share: Share


class SoundsLike(Section):
    """Words for a refused recording, by one of its tags: "It sounds like techno".

    Of all words of its kind those are said whose tag is heard most above `least`, in units of
    `scale`; none, where no tag reaches its own.

    words : as they stand in the sentence
    is_music : they are for music; else for what is no music, as "speech"
    tag : the tag's name
    least, scale : of the recording's feature of the tag, so in log odds
    right, n : how often the words were right when they were said, and how often that was, on
        recordings that were not learned from
    """

    words: str
    is_music: bool = True
    tag: str
    least: float
    scale: Annotated[float, Field(gt=0)] = 1.0
    right: Share
    n: int


class OodDetectorCard(Section):
    """The out-of-distribution detector: scores above the threshold are none of the genres.

    sounds_like : what a refused recording may be said to be
    """

    method: str
    threshold: float
    refused_of_training: Share
    left_out: dict[str, Share]
    synthetic_negatives: int = Field(alias="made_sounds")
    sounds_like: tuple[SoundsLike, ...] = ()
    file: str
    sha256: Sha256


class BudgetPoint(Section):
    """A cut of answers, see `ml.metrics.error_budget.Point`."""

    least: Share
    n: int
    wrong: int


class BudgetTrial(Section):
    """What came of a budget in places that took no part in choosing its cut.

    used_share : of all recordings, those whose answers were used
    wrong_share : of these, those that were wrong; None where none was used
    folds_kept : share of the folds of places in which the budget was kept
    """

    budget: Share
    used_share: Share
    wrong_share: Share | None
    folds_kept: Share


class BudgetCurve(Section):
    """How sure an answer has to be for an error budget, see `ml.metrics.error_budget`.

    confidence : with which a budget is kept
    intercept, slope, outside_slope : see `ml.metrics.error_budget.Scale`
    points : cuts of the answers about these recordings
    n, n_genres, n_other_music, n_no_music : the recordings it was measured on, out of fold; what
        is not of the genres has no right answer
    """

    confidence: Share
    n: int
    n_genres: int
    n_other_music: int
    n_no_music: int
    intercept: float
    slope: float
    outside_slope: float
    points: tuple[BudgetPoint, ...]
    held_out: tuple[BudgetTrial, ...] = ()


class Robustness(Section):
    """Accuracy on clips that were changed, see `ml.evaluation.robustness`."""

    class Change(Section):
        """One change; `right` and `refused` are counts of clips."""

        right: int
        accuracy: Share
        accuracy_ci95: Interval
        same_answer: Share
        refused: int

    n: int
    changes: dict[str, Change]


class Speed(Section):
    """Median time of computation for a clip, see `ml.evaluation.speed`."""

    clip_s: float
    seconds_per_clip: float
    runs: int
    cores: int | None


class Learned(Section):
    """How a bundle learned on from a shipped one, of what people said of a site's recordings.

    base : the shipped model
    n, artists, people : recordings, artists or channels, and people who judged
    said : how many recordings by what was said, a genre or "none"
    imported : of the recordings, those that another site judged
    first, last : when the first and the last were judged, in UTC
    digest : of all that it learned from
    trust : what a recording weighed in the head and in the detector, see `ml.learning.refit`
    genres : new ones, with what was added to the logit of each
    scale, threshold_shift : what logits were divided by, and how much the threshold was raised,
        see `ml.learning.learned`
    drawn_at_random : recordings that were drawn, by which shares are told
    own_levels : whether the confidence levels are by these
    alone : whether it knows the genres that it learned alone, and not those of its base
    out_of_fold : how many answers were right, each by a head that heard none of its artist
    """

    base: str
    n: int
    artists: int
    people: int
    said: dict[str, int]
    imported: int
    first: str
    last: str
    digest: str
    trust: dict[str, float]
    genres: dict[str, float] = {}
    scale: Annotated[float, Field(gt=0)]
    threshold_shift: float
    drawn_at_random: int
    own_levels: bool
    alone: bool = False
    out_of_fold: dict[str, float | int | None]


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
