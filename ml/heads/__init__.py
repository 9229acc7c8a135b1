"""Linear heads on tags, with the detectors beside them: their arithmetic and their training."""
