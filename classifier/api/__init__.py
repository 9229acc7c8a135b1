"""The HTTP API for programs, below /api/v1/."""
