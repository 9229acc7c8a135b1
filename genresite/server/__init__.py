"""The web server: gunicorn with a worker whose threads never wait for a visitor's line."""
