"""Networks as Keras models, and their pretrained weights: what several families build on."""
