"""Scores and production of the demo library's tracks: `python -m scripts.demo_tracks`."""
