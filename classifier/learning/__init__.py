"""Learning from what staff said: a candidate, its gates, what it would change, and its serving."""
