"""The music of this site: files in folders of its operator, as `manage.py index` found them."""

from __future__ import annotations

from pathlib import Path

from django.db import models


class CollectionTrack(models.Model):
    """One file. What the model says of it is a Classification of its sound, see `audio`."""

    path_key = models.CharField(max_length=64, unique=True, help_text="SHA-256 of the path")
    path = models.TextField()
    size = models.BigIntegerField()
    changed_ns = models.BigIntegerField(help_text="Its modification time")
    audio = models.CharField(
        max_length=64,
        db_index=True,
        blank=True,
        help_text="Digest of its sound, by which its answer is found",
    )
    error = models.CharField(max_length=300, blank=True, help_text="Why it cannot be heard")
    title = models.CharField(max_length=300)
    artist = models.CharField(max_length=200, blank=True)
    album = models.CharField(max_length=300, blank=True)
    album_artist = models.CharField(max_length=200, blank=True)
    album_key = models.CharField(max_length=64, blank=True, db_index=True)
    track_number = models.PositiveIntegerField(null=True, blank=True)
    year = models.PositiveIntegerField(null=True, blank=True)
    duration_s = models.FloatField(null=True, blank=True)
    genre_tag = models.CharField(max_length=200, blank=True, help_text="As it stands in its tags")
    meant_genre = models.CharField(
        max_length=32, blank=True, help_text="The one genre of the model that its tag means"
    )
    cover = models.CharField(max_length=64, blank=True, help_text="Name of the picture's file")
    words = models.TextField(blank=True, help_text="What a search looks at")
    indexed_at = models.DateTimeField(auto_now=True)

    class Meta:
        indexes = [
            models.Index(fields=["artist", "album", "track_number", "title"], name="by_artist")
        ]
        ordering = ["artist", "album", "track_number", "title", "pk"]

    def __str__(self) -> str:
        return f"{self.title} - {self.artist}" if self.artist else self.title

    @property
    def file(self) -> Path:
        return Path(self.path)
