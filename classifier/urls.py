from django.urls import path

from . import views

urlpatterns = [
    path("", views.home, name="home"),
    # Choosing
    path("search/", views.search, name="search"),
    path("classify/", views.classify, name="classify"),
    path("upload/", views.upload, name="upload"),
    # One classification
    path("song/<str:public_id>/", views.classification, name="classification"),
    path("song/<str:public_id>/status/", views.classification_status, name="status"),
    path("song/<str:public_id>/retry/", views.retry, name="retry"),
    path("song/<str:public_id>/whole/", views.whole, name="whole"),
    path("history/", views.history, name="history"),
    # Reading
    path("how-it-works/", views.how_it_works, name="how_it_works"),
    path("about/", views.about, name="about"),
    path("health/", views.health, name="health"),
]
