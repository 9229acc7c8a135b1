"""Whoever is in the admin, or writes the database, has the site run no function of theirs."""

from django.conf import settings
from django.contrib import admin
from django.urls import reverse


def test_the_queues_models_are_not_in_the_admin(admin_client):
    apps = {model._meta.app_label for model in admin.site._registry}
    assert "django_q" not in apps
    assert admin_client.get("/admin/django_q/schedule/add/").status_code == 404
    assert "django_q" not in admin_client.get(reverse("admin:index")).content.decode()


def test_the_worker_runs_no_schedules_and_keeps_no_pickles():
    assert settings.Q_CLUSTER["scheduler"] is False
    assert settings.Q_CLUSTER["save_limit"] == -1
