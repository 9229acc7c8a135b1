"""WSGI entry point."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "genresite.settings")
# A page is given up sooner than a worker or a command, which somebody does not wait for.
os.environ.setdefault("DATABASE_TIMEOUT_S", "5")
application = get_wsgi_application()
