"""Audio: decoding files to samples, and front ends from samples to patches."""
