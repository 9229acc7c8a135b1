"""MusiCNN: a pretrained tagger with a linear head trained on its tags."""
