"""One module a track, each with `make()`."""
