"""The one exception tree of this package. Each message is a sentence a visitor may read."""


class MLError(Exception):
    """Anything this package refuses to do, said in one sentence."""


class AudioError(MLError):
    """The audio cannot be analysed.

    kind : a short name to count such failures by
    """

    kind = "audio"


class NotAudio(AudioError):
    """The bytes hold no audio that can be decoded."""

    kind = "not_audio"


class AudioTooShort(AudioError):
    """Less sound than the shortest clip a model can judge."""

    kind = "too_short"


class AudioTooLong(AudioError):
    """More sound than the limit allows."""

    kind = "too_long"


class SilentAudio(AudioError):
    """Decodes well, but there is nothing to hear."""

    kind = "silent"


class BundleError(MLError):
    """A model bundle is missing, incomplete or not what its card says."""


class DatasetError(MLError):
    """A dataset or feature cache is missing or not laid out as expected."""
