"""MusiCNN and YAMNet: two pretrained networks, with one linear head trained on what both hear."""
