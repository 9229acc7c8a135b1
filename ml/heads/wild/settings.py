"""What a recipe may set for a head that learns from GTZAN and from the wild."""

from __future__ import annotations

from pydantic import Field

from ml.registry.recipe import RecipeSettings


class WildOodSettings(RecipeSettings):
    """Of the detector that knows other music ("outside" in a recipe).

    clip_epsilons ("floors"), shrinkages, temperatures : candidates of the discriminant, see
        `ml.heads.class_detector`
    kind_tracks : kinds of other music with at least so many tracks are classes of their own in
        it; 0: there is one class of other music
    penalties : candidates for C of a multinomial regression, which is heard beside the
        discriminant; none: the discriminant alone
    no_music_share : what sounds that are no music weigh beside other music, of 1
    synthetic_share : what synthetic negatives weigh of that, where there are any
    refused : share of the wild music of the ten that the threshold may refuse, out of fold
    """

    clip_epsilons: tuple[float, ...] = Field((5e-4, 1e-3), alias="floors", min_length=1)
    shrinkages: tuple[float, ...] = Field((0.05, 0.1), min_length=1)
    temperatures: tuple[float, ...] = Field((1.0, 3.0), min_length=1)
    kind_tracks: int = Field(0, ge=0)
    penalties: tuple[float, ...] = ()
    no_music_share: float = Field(0.4, gt=0, lt=1)
    synthetic_share: float = Field(0.5, gt=0, lt=1)
    refused: float = Field(0.042, gt=0, lt=1)


class WildSettings(RecipeSettings):
    """What a recipe may set.

    Lists are candidates, of which cross-validation takes the best; the search begins with the
    first of each.

    clip_epsilons : ("floors" in a recipe) activations are clipped to [epsilon, 1 - epsilon] before
        the log odds
    head_classes : sets of YAMNet's classes (`ml.families.musicnn_yamnet.classes`); "" for none
    shrinkages : of the discriminant's covariance, see `ml.heads.class_statistics`
    mixing_penalties : C of the regression that mixes the discriminant's logits
    class_powers : a genre's tracks weigh (the genre's weight) ** -class_power in that regression
    world_weights : what all wild tracks weigh together, GTZAN's being 1
    place_powers, artist_powers : a wild track weighs (tracks of its place) ** -place_power and
        (tracks of its artist) ** -artist_power
    weak_label_weights : and this where its label is a weak one
    gtzan_artist_power : the like for the artists of GTZAN
    tolerance : candidates whose loss in the wild is so close to the least are taken for as good,
        for the tracks are too few to tell them apart, and the one that is best on GTZAN is taken
    fair_place_power : an answer weighs (tracks of its place) ** -fair_place_power where
        probabilities are calibrated and confidence levels are set
    sure : share of right answers above which "quite sure" begins
    raise_to_db : at serving, quieter windows are raised to this RMS level, dB of full scale
    """

    clip_epsilons: tuple[float, ...] = Field((0.005,), alias="floors", min_length=1)
    head_classes: tuple[str, ...] = Field(("",), min_length=1)
    shrinkages: tuple[float, ...] = Field((0.1,), min_length=1)
    mixing_penalties: tuple[float, ...] = Field((1.0,), min_length=1)
    class_powers: tuple[float, ...] = Field((0.25,), min_length=1)
    world_weights: tuple[float, ...] = Field((2.0,), min_length=1)
    place_powers: tuple[float, ...] = Field((0.5,), min_length=1)
    artist_powers: tuple[float, ...] = Field((0.25,), min_length=1)
    weak_label_weights: tuple[float, ...] = Field((1.0,), min_length=1)
    gtzan_artist_power: float = 0.5
    tolerance: float = 0.005
    fair_place_power: float = 0.5
    sure: float = Field(0.9, gt=0, lt=1)
    raise_to_db: float = -20.0
    ood: WildOodSettings = Field(default_factory=WildOodSettings, alias="outside")
