"""What the queue runs; the only room of the site that loads a network."""
