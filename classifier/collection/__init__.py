"""The operator's own music in the site: found, searched, counted, and its albums."""
