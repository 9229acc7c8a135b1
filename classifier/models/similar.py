"""The direction in which a recording lies from the average, by which similar ones are found."""

from __future__ import annotations

from django.db import models

from .classification import Classification


class SongVector(models.Model):
    """Of one answer; `classifier.similar.vectors` says what is in it."""

    classification = models.OneToOneField(Classification, models.CASCADE, related_name="vector")
    space = models.CharField(
        max_length=16, db_index=True, help_text="Vectors compare within one space alone"
    )
    vector = models.BinaryField(help_text="float32, little-endian, of length 1")

    def __str__(self) -> str:
        return f"Vector of {self.classification_id}"
