"""What belongs to one visitor: identity, history, corrections, rate limits."""
