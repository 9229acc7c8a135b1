"""Data: GTZAN with its splits, feature caches, folds, and synthetic negatives."""
