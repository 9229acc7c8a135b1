"""The mel-cnn: a small convolutional network trained from scratch on mel spectrograms."""
