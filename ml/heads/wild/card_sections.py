"""What the card of a bundle trained on the wild says of it."""

from __future__ import annotations

from collections import Counter
from typing import Any

from ml.data.gtzan import GENRES
from ml.data.labelled_cache import LabelledCache
from ml.metrics.calibration import MIN_TRACKS
from ml.metrics.scores import macro_recall, score, score_kinds, score_words

from .detector import JudgedOutside
from .examples import Choice, TwoWorlds
from .words import Judged

LIMITS = [
    "It knows ten genres: as one collection from around 2001 understood them, and as the labels of "
    "many public places do. These disagree, most of all on rock, pop and metal.",
    "Some of those labels are wrong: nobody listened to each recording.",
    "Of disco, blues, reggae and country it knew few recordings outside one collection, and takes "
    "much for blues, disco and reggae that is none.",
    "Of music of other genres it refuses about half; the rest gets one of the ten.",
    "Artists of the many places are left out of GTZAN's side only where both name them alike.",
]


def describe(wild: LabelledCache, choice: Choice) -> dict[str, Any]:
    """The section `wild` of a card: what the second world was made of, and how it weighed."""
    known = wild.is_known
    return {
        "n_tracks": int(known.sum()),
        "n_places": len(set(wild.places[known].tolist())),
        "n_artists_named": len(set(wild.artists[known].tolist()) - {""}),
        "tracks_without_artist": int((wild.artists[known] == "").sum()),
        "tracks_by_genre": dict(sorted(Counter(wild.labels[known].tolist()).items())),
        "tracks_with_weak_label": int((wild.strengths[known] == "B").sum()),
        "largest_places": sorted(Counter(wild.places[known].tolist()).values(), reverse=True)[:3],
        "other_music": int(wild.is_other_music.sum()),
        "no_music": int(wild.is_no_music.sum()),
        "places_of_these": len(set(wild.places[wild.roles == "out"].tolist())),
        "near_kin": int((wild.roles == "near").sum()),
        "ambiguous": int((wild.roles == "amb").sum()),
        "world_weight": choice.world_weight,
        "place_power": choice.place_power,
        "artist_power": choice.artist_power,
        "weak_label_weight": choice.weak_label_weight,
        "gtzan_artist_power": choice.gtzan_artist_power,
        # Near kin and the ambiguous took no part, so a model may be scored on them.
        "fingerprints": "".join(
            mark
            for mark, role in zip(wild.fingerprints, wild.roles, strict=True)
            if role in ("in", "out")
        ),
    }


def wild_scores(worlds: TwoWorlds, judged: Judged, outside: JudgedOutside) -> dict[str, Any]:
    """The part `wild_out_of_fold` of a card, of one round."""
    wild, y = worlds.wild, worlds.y
    kinds = {
        kind: which
        for kind, which in (wild.main_kinds | wild.own_kinds).items()
        if kind in wild.main_kinds or which.sum() >= MIN_TRACKS
    }
    part = score(judged.probabilities, y, GENRES)
    return part | {
        "macro_recall": macro_recall(part),
        "words": score_words(judged.probabilities, y, judged.words),
        "outside": score_kinds(outside.above, outside.refused, wild.is_known, kinds),
    }
