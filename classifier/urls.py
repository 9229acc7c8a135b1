from django.urls import path

from . import (
    compare_views,
    history_views,
    model_pages,
    picture_views,
    thumbnail_views,
    tour_views,
    views,
)

urlpatterns = [
    path("", views.home, name="home"),
    # Choosing
    path("search/", views.search, name="search"),
    path("thumbnail/<str:video_id>.jpg", thumbnail_views.thumbnail, name="thumbnail"),
    path("classify/", views.classify, name="classify"),
    path("upload/", views.upload, name="upload"),
    # One classification
    path("song/<str:public_id>/", views.classification, name="classification"),
    path("song/<str:public_id>/status/", views.classification_status, name="status"),
    path("song/<str:public_id>/retry/", views.retry, name="retry"),
    path("song/<str:public_id>/whole/", views.whole, name="whole"),
    path(
        "song/<str:public_id>.json", history_views.classification_json, name="classification_json"
    ),
    path("song/<str:public_id>.csv", history_views.classification_csv, name="classification_csv"),
    path("song/<str:public_id>/correct/", history_views.correct, name="correct"),
    path("song/<str:public_id>/uncorrect/", history_views.uncorrect, name="uncorrect"),
    path("song/<str:public_id>/spectrogram.png", picture_views.spectrogram, name="spectrogram"),
    path("song/<str:public_id>/share.png", picture_views.share_image, name="share_image"),
    path("song/<str:public_id>/rerun/", compare_views.rerun, name="rerun"),
    path("compare/", compare_views.compare, name="compare"),
    # What one asked for
    path("history/", history_views.history, name="history"),
    path("history/export.csv", history_views.history_csv, name="history_csv"),
    path("history/export.json", history_views.history_json, name="history_json"),
    path("history/forget/", history_views.forget_all, name="forget_all"),
    path("history/<int:pk>/forget/", history_views.forget_entry, name="forget_entry"),
    # Reading
    path("how-it-works/", tour_views.how_it_works, name="how_it_works"),
    path("models/", model_pages.models, name="models"),
    path("models/<str:model_id>/", model_pages.model, name="model"),
    path("about/", views.about, name="about"),
    path("privacy/", history_views.privacy, name="privacy"),
    path("health/", views.health, name="health"),
]
