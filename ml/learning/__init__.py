"""Learning on from a shipped bundle: what people said of a site's recordings, by arithmetic alone.

The features of a recording are stored with its answer, and what a head has learned is shipped with
its bundle as sums, so this needs no audio, no network and no library but NumPy.
"""
