"""The site's own settings, with everything it writes in a folder that is thrown away."""

import os
import tempfile

os.environ["DATA_DIR"] = tempfile.mkdtemp(prefix="genresite-tests-")
os.environ["SECRET_KEY"] = "only-for-tests"
os.environ.pop("DATABASE_URL", None)

from genresite.settings import *  # noqa: F403

STATIC_ROOT.mkdir(parents=True, exist_ok=True)  # noqa: F405
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
YOUTUBE_ENABLED = False  # a test that wants it says so, and puts something in its place
# A file and not memory: tests with threads then meet the locks that the site meets.
DATABASES["default"]["TEST"] = {"NAME": DATA_DIR / "test.sqlite3"}  # noqa: F405
