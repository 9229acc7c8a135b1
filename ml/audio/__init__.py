"""From files to samples, and from samples to the patches that a network takes."""
