"""One module a group of pages; no view imports another."""
