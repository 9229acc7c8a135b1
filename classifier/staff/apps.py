"""Django's admin, with the site's own way in."""

from __future__ import annotations

from django.contrib.admin.apps import AdminConfig


class StaffAdminConfig(AdminConfig):
    default_site = "classifier.staff.site.StaffSite"

    def ready(self) -> None:
        super().ready()
        from . import log_in

        log_in.connect()
