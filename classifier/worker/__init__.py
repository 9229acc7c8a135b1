"""What the queue runs; the only package of the site that loads a network."""
