"""The sections of a model card; `ml.registry.card` is the whole."""
