"""Root addresses: the admin, and the pages of classifier."""

from django.contrib import admin
from django.contrib.auth.decorators import login_not_required
from django.urls import include, path

from .metrics import metrics

admin.site.site_header = "Genre review"
admin.site.site_title = "Genre review"
admin.site.index_title = "What the site heard"
admin.site.enable_nav_sidebar = False  # few models, and a list that needs the width

handler500 = "genresite.unavailable.server_error"

urlpatterns = [
    path("admin/", admin.site.urls),
    path("metrics", login_not_required(metrics), name="metrics"),  # it has a token of its own
    path("api/v1/", include("classifier.api.urls")),
    path("", include("classifier.web.urls")),
]
