"""How It Works: the steps of the model for one demo track."""
