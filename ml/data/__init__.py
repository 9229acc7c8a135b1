"""GTZAN, its splits, caches of features, and sounds that are no music."""
