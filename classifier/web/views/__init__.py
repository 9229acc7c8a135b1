"""Views, one module for each group of pages; no view imports another."""
