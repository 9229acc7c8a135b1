"""Backups: everything that a site has and cannot make again, in one tar file."""
