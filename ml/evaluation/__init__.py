"""Evaluation: predictions on caches, robustness, speed, ablation, plots."""
