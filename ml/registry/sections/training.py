"""What a model learned from, and how."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

from pydantic import ConfigDict, Field

from .base import Section, Share
from .scores import ReliabilityBin


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
