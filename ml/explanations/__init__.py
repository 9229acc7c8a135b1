"""Why an answer is what it is, and a recording followed through a model."""
