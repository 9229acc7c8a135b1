from django.urls import path

from .views import compare, history, how_it_works, images, model_cards, submit, thumbnails

urlpatterns = [
    path("", submit.home, name="home"),
    # Choosing
    path("search/", submit.search, name="search"),
    path("thumbnail/<str:video_id>.jpg", thumbnails.thumbnail, name="thumbnail"),
    path("classify/", submit.classify, name="classify"),
    path("upload/", submit.upload, name="upload"),
    # One classification
    path("song/<str:public_id>/", submit.classification, name="classification"),
    path("song/<str:public_id>/status/", submit.classification_status, name="status"),
    path("song/<str:public_id>/retry/", submit.retry, name="retry"),
    path("song/<str:public_id>/whole/", submit.whole, name="whole"),
    path("song/<str:public_id>.json", history.classification_json, name="classification_json"),
    path("song/<str:public_id>.csv", history.classification_csv, name="classification_csv"),
    path("song/<str:public_id>/correct/", history.correct, name="correct"),
    path("song/<str:public_id>/uncorrect/", history.uncorrect, name="uncorrect"),
    path("song/<str:public_id>/spectrogram.png", images.spectrogram, name="spectrogram"),
    path("song/<str:public_id>/share.png", images.share_image, name="share_image"),
    path("song/<str:public_id>/rerun/", compare.rerun, name="rerun"),
    path("compare/", compare.compare, name="compare"),
    # What one asked for
    path("history/", history.history, name="history"),
    path("history/export.csv", history.history_csv, name="history_csv"),
    path("history/export.json", history.history_json, name="history_json"),
    path("history/forget/", history.forget_all, name="forget_all"),
    path("history/<int:pk>/forget/", history.forget_entry, name="forget_entry"),
    # Reading
    path("how-it-works/", how_it_works.how_it_works, name="how_it_works"),
    path("models/", model_cards.models, name="models"),
    path("models/<str:model_id>/", model_cards.model, name="model"),
    path("about/", submit.about, name="about"),
    path("privacy/", history.privacy, name="privacy"),
    path("health/", submit.health, name="health"),
]
