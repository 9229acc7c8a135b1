"""Confinement of child processes that handle what strangers send, by what Linux offers."""
