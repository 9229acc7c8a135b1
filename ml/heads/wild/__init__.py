"""Training on GTZAN and labelled recordings of many places, the wild."""
