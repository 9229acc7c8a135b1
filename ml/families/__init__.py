"""Model families: the interface (base) and each family in a package of its own."""
