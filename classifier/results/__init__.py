"""What is made of a stored answer: explanation, export, images, timeline."""
