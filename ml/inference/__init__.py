"""Inference: from samples to a prediction; networks are loaded at the first use."""
