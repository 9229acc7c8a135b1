"""Sentences about an answer, and about what is done until there is one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.html import format_html
from django.utils.text import capfirst

from classifier.formatting import clock, percent
from classifier.genres import NO_MUSIC, count_words, genre_name
from classifier.models import Classification
from ml.metrics.confidence import Confidence
from ml.metrics.intervals import wilson_interval

if TYPE_CHECKING:
    from ml.registry.sections.certainty import SoundsLike
    from ml.registry.sections.training import WildData

    from .explanations import SegmentContribution

TOP = 3
VERDICTS = {
    "quite_sure": "It is <strong>quite sure</strong> of {first}.",
    "leaning": "It <strong>leans towards</strong> {first}, with room for doubt.",
    "torn": "It is <strong>torn between</strong> {first} and {second}.",
    "not_sure": "It is <strong>not sure</strong>. Take {first} as the first among several.",
}


def origin(classification: Classification) -> str:
    """Return where it came from, and whether it is all of it: "YouTube, the whole song"."""
    whole = ", the whole song" if classification.is_whole else ""
    return f"{classification.get_source_display()}{whole}"


def beside(classification: Classification, words: SoundsLike | None) -> str:
    """Return what stands beside the headline: a percentage, or what the song sounds like."""
    if not classification.is_outside:
        return percent(classification.confidence)
    if words:
        return f"sounds like {words.words}"
    if classification.is_music is False:
        return ""
    return f"nearest: {genre_name(classification.genre)}"


def refusal(classification: Classification, words: SoundsLike | None, n_genres: int) -> str:
    """Return why no genre is named, as HTML."""
    count = count_words(n_genres)
    if classification.is_music is False:
        like = format_html(" It sounds like <strong>{}</strong>.", words.words) if words else ""
        return format_html(
            "The model hears <strong>no music</strong> here, so it names no genre.{} The "
            "percentages are only what the nearest of the {} genres would be.",
            like,
            count,
        )
    first = genre_name(classification.ranked[0][0])
    like = format_html(" It sounds like <strong>{}</strong>.", words.words) if words else ""
    return format_html(
        "This sounds unlike all the music the model learned from: <strong>none of its {} "
        "genres</strong>{}.{} {} is only the nearest of the {}, so its percentage means little "
        "here.",
        count,
        "" if classification.is_music else ", or no music at all",
        like,
        capfirst(first),
        count,
    )


def hit_rate(words: SoundsLike) -> str:
    """Return how often such words were right."""
    low, high = (round(bound, 4) for bound in wilson_interval(words.right * words.n, words.n))
    return (
        f"Of {words.n} recordings that were said to sound like {words.words}, and that the model "
        f"had not learned from, it was right for {percent(words.right)} "
        f"(95 % interval {percent(low)} to {percent(high)})."
    )


def answer(classification: Classification) -> str:
    """Return the answer in a few words: "metal, 91.0 %", "none of the ten", "no music"."""
    if classification.is_outside:
        if classification.is_music is False:
            return NO_MUSIC
        return genre_name(classification.headline, len(classification.probabilities))
    return f"{genre_name(classification.genre)}, {percent(classification.confidence)}"


def shared_title(classification: Classification) -> str:
    """Return what other sites show of it. The name of an uploaded file is its sender's alone."""
    is_upload = classification.source == Classification.Source.UPLOAD
    title = "" if is_upload else f": {classification.display_title}"
    return f"{capfirst(answer(classification))}{title}"


def most_probable(classification: Classification) -> str:
    """Return the most probable genres: "metal 91.0 %, rock 6.0 %, blues 1.0 %"."""
    return ", ".join(f"{genre_name(g)} {percent(p)}" for g, p in classification.ranked[:TOP])


def verdict(sure: Confidence, classification: Classification) -> str:
    """Return how sure the model is, as HTML."""
    first, second = (genre_name(genre) for genre, _ in classification.ranked[:2])
    return format_html(VERDICTS.get(sure.key, VERDICTS["not_sure"]), first=first, second=second)


def experience(sure: Confidence, wild: WildData | None = None) -> str:
    """Return how answers as sure as this one fared in cross-validation.

    wild : of the model's card; what its confidence levels were counted on, where it has such
    """
    songs = "songs by artists it had never heard"
    if wild:
        songs = (
            f"music from {wild.n_places} places, each song by models that had heard nothing of its "
            "place or its artist"
        )
    # Of such a model the shares are weighted ones, see WildData.fair_place_power.
    weighed = ", places weighed so that the largest do not decide alone" if wild else ""
    rounds, n = "", f"{sure.n}"
    if sure.rounds > 1:
        rounds, n = f"{sure.rounds} rounds of ", f"about {sure.n} a round"
    # As the card of the model has them.
    low, high = (round(bound, 4) for bound in wilson_interval(sure.right * sure.n, sure.n))
    return (
        f"In {rounds}cross-validation, on {songs}, {n} got such an "
        f"answer. It was right for {percent(sure.right)} of them{weighed} "
        f"(95 % interval {percent(low)} to {percent(high)}), "
        f"and for {percent(sure.first_two)} the right genre was among its first two."
    )


def until_and_like(moment: SegmentContribution, classification: Classification) -> str:
    """Return the end of a moment, and what it sounded like if not the answer."""
    like = f", where it sounded more like {genre_name(moment.genre)}"
    return f"{clock(moment.end_s)}{like if moment.genre != classification.genre else ''}."


def progress(
    classification: Classification, *, worker_alive: bool, worker_ready: bool, ahead: int
) -> str:
    """Return what is being done, or waited for. `ahead` : how many songs are before this one."""
    match classification.state:
        case Classification.State.DONE:
            return "Done. The answer is being opened."
        case Classification.State.QUEUED:
            if worker_alive and classification.attempts:
                return "Its worker ended before it was done; it is given out again."
            return _queued(worker_alive=worker_alive, worker_ready=worker_ready, ahead=ahead)
        case Classification.State.FETCHING:
            return _fetching(classification)
    meanwhile = ", while the rest is on its way" if _is_youtube(classification) else ""
    return f"Listening, three seconds at a time{meanwhile}."


def _queued(*, worker_alive: bool, worker_ready: bool, ahead: int) -> str:
    if not worker_alive:
        return "Waiting for the worker."
    if not worker_ready:
        return "The model is warming up. This takes a few seconds after a start."
    if ahead:
        return f"{ahead} {'song is' if ahead == 1 else 'songs are'} before yours."
    return "You are next."


def _fetching(classification: Classification) -> str:
    if classification.progress:
        return f"{classification.progress}."
    if not _is_youtube(classification):
        return "Reading the recording."
    what = "the song" if classification.is_whole else "short excerpts"
    return f"Fetching {what} from YouTube."


def _is_youtube(classification: Classification) -> bool:
    return classification.source == Classification.Source.YOUTUBE
