"""Version 1 of the API: its operations together."""

from __future__ import annotations

from ninja import NinjaAPI

from . import collection, model_cards, opinions, search, songs
from .bodies import StrictParser
from .errors import handle

api = NinjaAPI(
    title="What genre is this?",
    version="1",
    description="Tells the genre of a song, and how sure it is.",
    urls_namespace="api",
    parser=StrictParser(),
    # The document and its page are the site's own: see openapi.py and docs.py.
    openapi_url=None,
    docs_url=None,
)
handle(api)
for module in (songs, opinions, search, collection, model_cards):
    api.add_router("", module.router)
