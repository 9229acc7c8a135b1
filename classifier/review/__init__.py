"""Verdicts of staff, and how often people agree with the model."""
