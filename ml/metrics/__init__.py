"""Scores, intervals, calibration and comparison of predictions; arrays in, numbers out."""
