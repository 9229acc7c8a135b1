"""How It Works: one demo track followed through the model, step by step."""
