"""Music genre classification: audio in, genre probabilities out. Imports no Django."""
