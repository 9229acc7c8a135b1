"""Kill parts of a running site while visitors use it, and count what became of their songs."""
