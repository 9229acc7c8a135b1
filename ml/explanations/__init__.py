"""Explanations: contributions of tags and segments, Grad-CAM, and walkthroughs."""
