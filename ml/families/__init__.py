"""Model families: what a family must offer (base), and each family in its folder."""
