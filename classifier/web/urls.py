"""Addresses of the visitors' pages."""

from django.urls import path, register_converter

from classifier.models import PUBLIC_ID

from .views import (
    batches,
    collection,
    compare,
    corrections,
    downloads,
    history,
    how_it_works,
    images,
    listen,
    model_cards,
    playlists,
    probes,
    results,
    search,
    security,
    sign_in,
    similar,
    site,
    submit,
)


class PublicId:
    """The id of an answer in an address."""

    regex = PUBLIC_ID

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


register_converter(PublicId, "public_id")

urlpatterns = [
    path("", search.home, name="home"),
    # Choosing a song
    path("search/", search.search, name="search"),
    path("listen/", listen.listen, name="listen"),
    path("thumbnail/<str:video_id>.jpg", images.thumbnail, name="thumbnail"),
    path("classify/", submit.classify, name="classify"),
    path("upload/", submit.upload, name="upload"),
    path("playlist/", playlists.playlist, name="playlist"),
    # Several songs at once
    path("batch/", batches.start_batch, name="start_batch"),
    path("batch/<public_id:public_id>/", batches.batch, name="batch"),
    path("batch/<public_id:public_id>/status/", batches.batch_status, name="batch_status"),
    path("batch/<public_id:public_id>/ask/", batches.ask_for_rest, name="ask_for_rest"),
    path("batch/<public_id:public_id>/forget/", batches.forget_batch, name="forget_batch"),
    path("batch/<public_id:public_id>.csv", batches.batch_csv, name="batch_csv"),
    path("batch/<public_id:public_id>.json", batches.batch_json, name="batch_json"),
    # One classification
    path("song/<public_id:public_id>/", results.classification, name="classification"),
    path("song/<public_id:public_id>/status/", results.classification_status, name="status"),
    path("song/<public_id:public_id>/retry/", submit.retry, name="retry"),
    path("song/<public_id:public_id>/whole/", submit.whole, name="whole"),
    path(
        "song/<public_id:public_id>.json", downloads.classification_json, name="classification_json"
    ),
    path("song/<public_id:public_id>.csv", downloads.classification_csv, name="classification_csv"),
    path("song/<public_id:public_id>/correct/", corrections.correct, name="correct"),
    path("song/<public_id:public_id>/uncorrect/", corrections.uncorrect, name="uncorrect"),
    path("song/<public_id:public_id>/spectrogram.png", images.spectrogram, name="spectrogram"),
    path("song/<public_id:public_id>/share.png", images.share_image, name="share_image"),
    path("song/<public_id:public_id>/rerun/", submit.rerun, name="rerun"),
    path("song/<public_id:public_id>/similar/", similar.similar, name="similar"),
    path("compare/", compare.compare, name="compare"),
    path("map/", similar.the_map, name="map"),
    # The visitor's history
    path("history/", history.history, name="history"),
    path("history/export.csv", downloads.history_csv, name="history_csv"),
    path("history/export.json", downloads.history_json, name="history_json"),
    path("history/forget/", history.forget_all, name="forget_all"),
    path("history/<int:pk>/forget/", history.forget_entry, name="forget_entry"),
    # The operator's own music
    path("collection/", collection.collection, name="collection"),
    path("collection/album/<str:key>/", collection.album, name="collection_album"),
    path("collection/audio/<str:audio>", collection.audio, name="collection_audio"),
    path("collection/cover/<str:name>.jpg", collection.cover, name="collection_cover"),
    # Pages to read
    path("how-it-works/", how_it_works.how_it_works, name="how_it_works"),
    path("models/", model_cards.models, name="models"),
    path("models/<str:model_id>/", model_cards.model, name="model"),
    path("about/", site.about, name="about"),
    path("privacy/", site.privacy, name="privacy"),
    # For programs
    path("sign-in/", sign_in.SignIn.as_view(), name="sign_in"),
    path("sign-out/", sign_in.SignOut.as_view(), name="sign_out"),
    path("health/", site.health, name="health"),
    path("livez", probes.livez, name="livez"),
    path("readyz", probes.readyz, name="readyz"),
    path("favicon.ico", site.favicon, name="favicon"),
    path(".well-known/security.txt", security.security_txt, name="security_txt"),
]
