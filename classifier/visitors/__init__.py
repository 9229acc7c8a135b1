"""Identity, history, corrections and rate limits of visitors."""
