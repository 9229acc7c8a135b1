"""What the card of a bundle trained on the wild says of it."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np

from ml.data.gtzan import GENRES
from ml.data.labelled_cache import LabelledCache
from ml.metrics.scores import auroc, score, score_ood

from .detector import threshold_of
from .examples import Choice, TwoWorlds
from .settings import WildSettings
from .words import Judged

LIMITS = [
    "It knows ten genres: as one collection from around 2001 understood them, and as the labels of "
    "many public places do. These disagree, most of all on rock, pop and metal.",
    "Some of those labels are wrong: nobody listened to each recording.",
    "Of disco, blues, reggae and country it knew few recordings outside one collection, and takes "
    "much for blues, disco and reggae that is none.",
    "Of music of other genres it refuses less than half; the rest gets one of the ten.",
    "The artists of the many places were not compared with those of the collection.",
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
        "fingerprints": "".join(wild.fingerprints),
    }


def wild_scores(
    worlds: TwoWorlds, judged: Judged, scores: np.ndarray, settings: WildSettings
) -> dict[str, Any]:
    """The part `wild_out_of_fold` of a card, of one round.

    scores : np.ndarray [shape=(n,)], of the detector, of all wild tracks out of fold
    """
    wild, y = worlds.wild, worlds.y
    inside = scores[worlds.known]
    # Scores less a threshold that was set by the other folds.
    above = np.zeros(len(wild))
    for _, held in worlds.rounds[0].wild:
        others = inside[~np.isin(worlds.known, held)]
        above[held] = scores[held] - threshold_of(others, settings.ood.refused)
    kinds = {
        "other music": wild.is_other_music,
        "near kin": wild.roles == "near",
        "no music": wild.is_no_music,
    }
    ood = score_ood(above[worlds.known], {}, 0.0)
    ood["sets"] = {
        kind: {
            "n": int(which.sum()),
            "auroc": round(auroc(inside, scores[which]), 4),
            "refused_share": share(above[which] > 0),
        }
        for kind, which in kinds.items()
        if which.any()
    }
    order = np.argsort(-judged.probabilities, axis=1)
    right = order[:, 0] == y
    first_two = right | (order[:, 1] == y)
    part = score(judged.probabilities, y, GENRES)
    recalls = [row["recall"] for row in part["per_genre"].values()]
    return part | {
        "macro_recall": round(float(np.mean(recalls)), 4),
        "words": [
            {
                "word": word,
                "n": int(mine.sum()),
                "right": share(right[mine]),
                "first_two": share(first_two[mine]),
            }
            for word in ("quite_sure", "leaning", "torn", "not_sure")
            if (mine := judged.words == word).any()
        ],
        "outside": ood,
    }


def share(which: np.ndarray) -> float:
    return round(float(which.mean()), 4)
