"""The one exception tree of this package. Each message is plain text for a terminal or a log."""


class MLError(Exception):
    """Anything this package refuses to do."""


class AudioError(MLError):
    """The audio cannot be analysed.

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


class NotFinite(NotAudio):
    """Some samples are infinite or not a number."""

    kind = "not_finite"


class AudioTooShort(AudioError):
    """Less sound than the shortest clip a model can judge."""

    kind = "too_short"


class AudioTooLong(AudioError):
    """More sound than the limit allows; the parameter `minutes` is the limit."""

    kind = "too_long"


class SilentAudio(AudioError):
    """Decodes well, but no sample is louder than the noise of a recording."""

    kind = "silent"


class BundleError(MLError):
    """A model bundle is missing, incomplete or not what its card says."""


class DatasetError(MLError):
    """A dataset or feature cache is missing or not laid out as expected."""
