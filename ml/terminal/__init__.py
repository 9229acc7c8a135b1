"""The program `genre`, which needs no site and no Django."""
