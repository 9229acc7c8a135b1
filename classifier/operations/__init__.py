"""Keeping the site well: health, system checks, and what is deleted when."""
