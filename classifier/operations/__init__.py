"""Health report, system checks, and retention."""
