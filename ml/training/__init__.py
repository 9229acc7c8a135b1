"""From audio to feature caches, and from feature caches to bundles."""
