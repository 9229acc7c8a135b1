"""A stored answer and what is made of it: explanation, export, images, timeline."""
