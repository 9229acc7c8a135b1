"""Exceptions of this package. Each message is a sentence that a visitor may read."""


class MLError(Exception):
    """Base class: anything that this package refuses to do."""


class AudioError(MLError):
    """The audio cannot be analysed.

    Attributes
    ----------
    kind : a short name by which such failures are counted
    """

    kind = "audio"


class NotAudio(AudioError):
    """The bytes hold no audio that can be decoded."""

    kind = "not_audio"


class AudioTooShort(AudioError):
    """The recording is shorter than a model can classify."""

    kind = "too_short"


class AudioTooLong(AudioError):
    """The recording is longer than the limit."""

    kind = "too_long"


class SilentAudio(AudioError):
    """The recording decodes, but is silent."""

    kind = "silent"


class BundleError(MLError):
    """A model bundle is missing, incomplete or not what its card says."""


class DatasetError(MLError):
    """A dataset or feature cache is missing or not laid out as expected."""
