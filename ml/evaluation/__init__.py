"""How well a model does: predictions on caches, robustness, speed, ablation, plots."""
