"""Samples in, a prediction out; networks are loaded at the first use."""
