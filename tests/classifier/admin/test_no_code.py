"""Whoever is in the admin, or writes the database, has the site run no function of theirs."""

from django.apps import apps
from django.conf import settings
from django.contrib import admin
from django.urls import reverse


def test_the_queues_models_are_not_in_the_admin(admin_client):
    assert "django_q" not in {model._meta.app_label for model in admin.site._registry}
    assert admin_client.get("/admin/django_q/schedule/add/").status_code == 404
    assert "django_q" not in admin_client.get(reverse("admin:index")).content.decode()


def test_the_site_stores_no_code_to_be_run_and_no_pickles():
    """A row of django-q was run, or unpickled, whatever it named; its tables are not read."""
    assert "django_q" not in settings.INSTALLED_APPS
    tables = {model._meta.db_table for model in apps.get_models()}
    assert not [table for table in tables if table.startswith("django_q")]
