"""Bundles on disk: their cards, recipes, and which of them serves."""
