"""What is stored."""

from .classification import *  # noqa: F403
