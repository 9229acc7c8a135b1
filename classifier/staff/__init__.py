"""Who is staff: log-in, sessions and the second factor."""
