"""Model bundles on disk: their cards, their recipes, and which of them serves."""
