"""Programs that are killed at random moments, on purpose, with a report of what became of files."""
