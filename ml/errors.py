"""Exceptions of this package. Each message is plain text for a terminal or a log."""


class MLError(Exception):
    """Base class: anything that this package refuses to do."""


class AudioError(MLError):
    """The audio cannot be analysed.

    Attributes
    ----------
    kind : a short name, by which a caller finds its own words and counts such failures
    parameters : what those words may state, such as a limit
    """

    kind: str

    def __init__(self, message: str, **parameters: float):
        super().__init__(message)
        self.parameters = parameters


class NotAudio(AudioError):
    """The bytes hold no audio that can be decoded."""

    kind = "not_audio"


class NoSound(NotAudio):
    """There is no audio stream, or it holds no samples."""

    kind = "no_sound"


class TooCoarse(NotAudio):
    """Sampled at a rate far below that of any music."""

    kind = "too_coarse"


class TooFine(NotAudio):
    """More channels, or sampled at a higher rate, than any music."""

    kind = "too_fine"


class TooComplex(NotAudio):
    """To decode it takes more memory or time than a song may."""

    kind = "too_complex"


class NotFinite(NotAudio):
    """Some samples are infinite or not a number."""

    kind = "not_finite"


class AudioTooShort(AudioError):
    """The recording is shorter than a model can classify."""

    kind = "too_short"


class AudioTooLong(AudioError):
    """More sound than the limit allows; the parameter `minutes` is the limit."""

    kind = "too_long"


class SilentAudio(AudioError):
    """The recording decodes, but is silent."""

    kind = "silent"


class DecoderDied(MLError):
    """The process that decodes was ended from outside, or hung: no fault of the file's."""


class BundleError(MLError):
    """A model bundle is missing, incomplete or not what its card says."""


class DatasetError(MLError):
    """A dataset or feature cache is missing or not laid out as expected."""
