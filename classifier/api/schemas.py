"""What goes in and out, as the OpenAPI document tells it."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from ninja import Schema
from pydantic import ConfigDict, Field

from ml.registry.sections.certainty import ConfidenceLevel
from ml.registry.sections.scores import PartScores, Robustness, Speed
from ml.registry.sections.training import CrossValidation, Learned, WildData

State = Literal["queued", "fetching", "listening", "done", "failed"]
Source = Literal["youtube", "library", "upload", "collection"]
Extent = Literal["usual", "whole"]
# To the microsecond, as pages write it: ninja would cut it.
Moment = Annotated[str, Field(json_schema_extra={"format": "date-time"})]
Share = Annotated[float, Field(ge=0, le=1)]


class Input(Schema):
    """A body; what it does not know is refused, so that a slip is not taken for a wish."""

    model_config = ConfigDict(extra="forbid")


class Problem(Schema):
    """An error."""

    type: str = Field(description="Where the code is explained")
    title: str = Field(description="The code in words")
    status: int = Field(description="The HTTP status, once more")
    code: str = Field(description="Stable, for programs")
    detail: str = Field(description="What is wrong here, and what to do next")
    errors: list[InputError] | None = Field(None, description="With code `invalid`: what is wrong")
    scope: str | None = Field(None, description="With code `missing_scope`: the one that is needed")
    seen: str | None = Field(None, description="With code `reviewed_meanwhile`: the state now")


class InputError(Schema):
    where: str = Field(description="path, query or body, and the name there", examples=["query.q"])
    detail: str


class Failure(Schema):
    """Why there is no answer."""

    code: str = Field(
        description="One of the codes of failures; `not_noted` of very old ones",
        examples=["not_audio"],
    )
    sentence: str
    next_step: str = Field(description="What to do now; empty where there is nothing to advise")
    may_be_retried: bool = Field(description="Whether to ask for it again may help")


class Progress(Schema):
    """What is done, or waited for."""

    sentence: str
    songs_before: int = Field(description="In the queue, before this one")


class Segment(Schema):
    """A piece of the recording."""

    start_s: float
    end_s: float
    probabilities: dict[str, float]


class Confidence(Schema):
    """How sure such an answer is, by what was counted on songs that the model had not heard."""

    level: str = Field(description="quite_sure, leaning, torn or not_sure")
    right: Share = Field(description="Share of such answers that were right")
    first_two: Share = Field(description="Share where the right genre was among the first two")
    n: int = Field(description="How many got such an answer, in one round")
    rounds: int
    words: str = Field(description="The same as a sentence")


class Review(Schema):
    """What staff said it is; for tokens that may review."""

    genre: str = Field(description="A genre, `none`, or `unknown`: cannot tell. Empty: no review")
    seen: str = Field(description="Send it back with a verdict")


class AnswerFields(Schema):
    """An answer; all null before there is one."""

    genre: str | None = Field(None, description="The most probable, also where none is named")
    confidence: Share | None = Field(None, description="Its probability")
    none_of_the_ten: bool | None = Field(
        None, description="Whether it sounds like none of the model's genres, however many it has"
    )
    is_music: bool | None = Field(None, description="Told where it is none of the genres")
    sounds_like: str | None = Field(None, description="In words, where it is none of the genres")
    sentence: str | None = Field(None, description="The answer and how sure it is, in words")
    confidence_level: Confidence | None = None
    probabilities: dict[str, float] | None = Field(None, description="Of all genres, in order")
    outside_score: float | None = Field(None, description="How unlike the music that was learned")


class Song(AnswerFields):
    """A recording, and what a model says of it, or that there is no answer yet."""

    id: str
    url: str = Field(description="The page of it")
    state: State
    title: str
    artist: str
    source: Source
    source_id: str | None = Field(
        description="YouTube's id, the slug of a track, the digest of a sound, or the SHA-256 of "
        "a file: of that the sender alone is told"
    )
    duration_s: float | None
    extent: Extent = Field(description="`whole` where all of a video was asked for")
    model: str
    progress: Progress | None = Field(None, description="Until it is finished")
    failure: Failure | None = None
    segments: list[Segment] | None = None
    tags: dict[str, float] | None = Field(None, description="What the networks hear in it")
    windows: list[list[float]] | None = Field(None, description="Seconds that were listened to")
    weights_sha256: str | None = None
    seconds: float | None = Field(None, description="From start to answer")
    finished_at: Moment | None = None
    you_say: str | None = Field(None, description="The genre of this token's own correction")
    review: Review | None = None


class SongInList(Schema):
    """A line of the history."""

    id: str
    url: str
    asked_at: Moment
    state: State
    title: str
    artist: str
    source: Source
    source_id: str
    duration_s: float | None
    extent: Extent
    model: str
    genre: str | None
    confidence: Share | None
    none_of_the_ten: bool | None
    is_music: bool | None
    you_say: str | None


class Forgotten(Schema):
    """A song that is no longer in the token's history."""

    id: str


class SongList(Schema):
    items: list[SongInList]
    next_cursor: str | None = Field(description="Of the next older songs; null at the end")


class NewSong(Input):
    """What to listen to: exactly one of the three."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"minProperties": 1, "maxProperties": 1}
    )

    youtube: str = Field(
        "",
        min_length=1,
        max_length=2000,
        description="The link of a video, or its id",
        examples=["https://www.youtube.com/watch?v=..."],
    )
    library: str = Field(
        "",
        min_length=1,
        max_length=64,
        description="The slug of one of the site's own tracks",
        examples=["one-needle-shuffle"],
    )
    collection: str = Field(
        "",
        min_length=1,
        max_length=64,
        description="The `source_id` of a file in the collection",
    )


class NewCorrection(Input):
    genre: Annotated[str, Field(min_length=1, max_length=32)] = Field(
        description="One of the model's genres, or `none`"
    )


class Correction(Schema):
    id: str
    you_say: str | None


class NewVerdict(Input):
    genre: Annotated[str, Field(min_length=1, max_length=32)] = Field(
        description="One of the genres, `none`, or `unknown` where you cannot tell"
    )
    is_new: bool = Field(False, description="Set it to name a genre that no model knows yet")
    seen: Annotated[str, Field(max_length=80)] = Field(
        "", description="`review.seen` of the song; needed to write over another's word"
    )


class Verdict(Schema):
    id: str
    review: Review


class Track(Schema):
    """Something to ask for."""

    source: Source
    source_id: str
    title: str
    artist: str
    duration_s: float | None
    views: int | None
    note: str = Field(description="Why it cannot be listened to, or whose licence it has")
    may_be_asked_for: bool
    song: TrackAnswer | None = Field(description="Where the model that serves has answered it")


class TrackAnswer(Schema):
    id: str
    genre: str
    confidence: Share
    none_of_the_ten: bool


class KnownSong(TrackAnswer):
    """A song that is answered, in short."""

    title: str
    artist: str
    source: Source
    model: str


class CollectionItem(Schema):
    """A file of the collection."""

    source: Literal["collection"]
    source_id: str | None = Field(description="Null where it cannot be read")
    title: str
    artist: str
    album: str
    duration_s: float | None
    genre_in_tags: str
    error: str = Field(description="Why it cannot be read; empty where it can")
    song: KnownSong | None = Field(description="Where the model that serves has answered it")


class CollectionList(Schema):
    items: list[CollectionItem]
    next_cursor: int | None = Field(description="Null at the end")


class SimilarSong(Schema):
    likeness: float = Field(ge=-1.001, le=1.001, description="The cosine: 1 is the same sound")
    song: KnownSong


class SimilarSongs(Schema):
    items: list[SimilarSong]


class SearchResults(Schema):
    items: list[Track]


class ModelInList(Schema):
    id: str
    serves: bool = Field(description="Whether it is the one that answers")
    summary: str
    genres: list[str]
    created: str
    weights_sha256: str
    test_accuracy: Share | None
    wild_accuracy: Share | None = Field(description="On real music of many places")


class ModelList(Schema):
    items: list[ModelInList]


class Model(ModelInList):
    """The model's card, without its weights."""

    url: str
    family: str
    trained_on: str
    measured_by: str = Field(description="The model that the scores are of, where it is another")
    tags: list[str] = Field(description="In the order of `features`")
    answers_by_features: bool
    limits: list[str]
    licences: dict[str, str]
    confidence_levels: list[ConfidenceLevel]
    outside_threshold: float | None
    metrics: dict[str, PartScores]
    cross_validation: CrossValidation | None
    wild: WildData | None
    learned: Learned | None
    robustness: Robustness | None
    speed: Speed | None


class Features(Input):
    features: Annotated[
        list[Annotated[float, Field(allow_inf_nan=False, ge=-1e6, le=1e6)]],
        Field(min_length=1, max_length=5000),
    ] = Field(description="A number for each of the model's `tags`, in their order")
    model: Annotated[str, Field(max_length=64)] | None = Field(
        None, description="Which model; the one that serves where it is left out"
    )


class FeaturesAnswer(AnswerFields):
    """An answer to numbers; it is stored nowhere."""

    model: str
    weights_sha256: str


Problem.model_rebuild()
Track.model_rebuild()
Json = dict[str, Any]
