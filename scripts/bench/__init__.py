"""What the site costs in seconds and memory. Ratios within one run are what may be compared."""
