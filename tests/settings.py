"""The site's own settings, with everything it writes in a folder that is thrown away.

Each process of a run has a folder, and in it a database, of its own. With TEST_DATABASE_URL, e.g.
postgres://postgres@127.0.0.1/postgres, the database is one made for the run on that server.
"""

import atexit
import os
import shutil
import tempfile

_folder, _owner = tempfile.mkdtemp(prefix="genresite-tests-"), os.getpid()


@atexit.register
def _remove_folder() -> None:
    if os.getpid() == _owner:  # not in a fork, which ends before its parent
        shutil.rmtree(_folder, ignore_errors=True)


os.environ["DATA_DIR"] = _folder
os.environ["SECRET_KEY"] = "only-for-tests"
os.environ.pop("DATABASE_URL", None)
if _server := os.environ.get("TEST_DATABASE_URL"):
    os.environ["DATABASE_URL"] = _server
# Set before NumPy is loaded. The matrices of the tests are small: more threads only wait for each
# other, busily, and take the cores from the other processes of the run.
os.environ.setdefault("OMP_NUM_THREADS", "1")

from genresite.settings import *  # noqa: E402, F403

os.environ.pop("DATABASE_URL", None)  # what tests start has a folder and a database of its own
STATIC_ROOT.mkdir(parents=True, exist_ok=True)  # noqa: F405
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    "uploads": STORAGES["uploads"],  # noqa: F405
}
YOUTUBE_ENABLED = False  # a test that wants it says so, and puts something in its place
DATABASES["default"]["TEST"] = {  # noqa: F405
    # A file and not memory: tests with threads then meet the locks that the site meets.
    "NAME": f"test_genresite_{os.getpid()}" if _server else DATA_DIR / "test.sqlite3"  # noqa: F405
}
