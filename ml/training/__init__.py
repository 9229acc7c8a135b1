"""Extraction of features from audio, on many cores or a cluster."""
