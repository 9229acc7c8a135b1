"""WSGI entry point."""

import os

from django.conf import settings
from django.core.wsgi import get_wsgi_application

from .base_path import below

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "genresite.settings")
# A page is given up sooner than a worker or a command, which somebody does not wait for.
os.environ.setdefault("DATABASE_TIMEOUT_S", "5")
application = below(get_wsgi_application(), settings.BASE_PATH)
