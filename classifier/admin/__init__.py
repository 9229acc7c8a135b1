"""Pages for staff: importing the modules registers them with Django's admin."""

from django.contrib import admin
from django_q.models import Failure, OrmQ, Schedule, Success

from . import classifications, workers

__all__ = ["classifications", "workers"]

# A schedule runs any function that its row names: whoever is in the admin would run code.
for model in (Failure, OrmQ, Schedule, Success):
    if admin.site.is_registered(model):
        admin.site.unregister(model)
