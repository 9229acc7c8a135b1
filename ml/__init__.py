"""Machine listening: audio in, genre probabilities out. Knows nothing of Django."""
