"""Django settings of the site.

Everything that differs between installations is an environment variable; the README lists them.
"""

import contextlib
import os
import re
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import dj_database_url
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured

from ml.networks import runtimes

from . import private
from .base_path import cookie_suffix
from .databases import add_deadlines
from .env import (
    env_base_path,
    env_bool,
    env_choice,
    env_int,
    env_json,
    env_link,
    env_list,
    env_secret,
    env_str,
    secret_key,
)
from .logs import logging_config
from .metrics import set_up as set_up_metrics

BASE_DIR = Path(__file__).resolve().parent.parent
# Everything the site writes: database, uploads, secret key, collected static files.
DATA_DIR = Path(env_str("DATA_DIR", str(BASE_DIR / "var")))
DATA_DIR.mkdir(mode=0o700, parents=True, exist_ok=True)
# Sessions, password hashes and names of files are in it: it is this user's alone, and so is what
# the site writes anywhere.
os.umask(0o077)
with contextlib.suppress(OSError):  # read-only, or somebody else's, who answers for it
    DATA_DIR.chmod(0o700)

DEBUG = env_bool("DEBUG")
SECRET_KEY = secret_key(DATA_DIR / "secret_key")
ALLOWED_HOSTS = env_list("ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]")
CSRF_TRUSTED_ORIGINS = env_list("CSRF_TRUSTED_ORIGINS")
# Where the site begins on its host: "/", or a path as /genre/ behind a proxy that has other sites.
BASE_PATH = env_base_path("BASE_PATH")
FORCE_SCRIPT_NAME = BASE_PATH.rstrip("/") or None

INSTALLED_APPS = [
    "classifier",
    "classifier.staff.apps.StaffAdminConfig",  # django.contrib.admin, with its own log-in
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",  # of runserver, whose own way knows no BASE_PATH
    "django.contrib.staticfiles",
    "django_otp",
    "django_otp.plugins.otp_totp",
    "django_otp.plugins.otp_static",
]

MIDDLEWARE = [
    "genresite.request_log.log_requests",
    "classifier.api.problems.as_problems",
    "django.middleware.security.SecurityMiddleware",
    "classifier.web.headers.permissions_policy",
    "genresite.unavailable.answer_outages",
    "classifier.web.headers.refuse_nul",
    "classifier.web.upload_handler.refuse_large_requests",
    # The table of a long song is large and compresses well. Django pads it against BREACH.
    "django.middleware.gzip.GZipMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "classifier.web.session_cookies.take_over_old_session",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django_otp.middleware.OTPMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

ROOT_URLCONF = "genresite.urls"
WSGI_APPLICATION = "genresite.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "classifier.web.context_processors.site",
            ],
            "builtins": [
                f"classifier.templatetags.{name}"
                for name in ("addresses", "formatting", "genres", "wording")
            ],
            "libraries": {"dashboard": "classifier.admin.template_tags"},
        },
    },
]

# Database: SQLite, or what DATABASE_URL names (postgres://...) where SQLite is too slow.
try:
    DATABASES = {
        "default": dj_database_url.parse(
            env_secret("DATABASE_URL", f"sqlite:///{DATA_DIR / 'db.sqlite3'}"), conn_max_age=60
        )
    }
except ValueError as exc:
    raise ImproperlyConfigured(f"DATABASE_URL cannot be understood: {exc}") from None
# For how long a lock or an answer of the database is waited for. genresite/wsgi.py sets it for
# pages; commands and workers wait for as long as it takes.
DATABASE_TIMEOUT_S = env_int("DATABASE_TIMEOUT_S", 0)
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    # Web and worker write at the same time: WAL lets them read meanwhile, and IMMEDIATE takes the
    # write lock at BEGIN, where the timeout applies, instead of failing in mid-transaction.
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": DATABASE_TIMEOUT_S or 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
    }

if DATABASES["default"]["ENGINE"] == "django.db.backends.postgresql":
    add_deadlines(DATABASES["default"], DATABASE_TIMEOUT_S)

# Queue: unfinished rows are the jobs; see classifier/models/lease.py and classifier/worker/.
WORKERS = env_int("WORKERS", 1, minimum=1)
# What a page needs goes before what a song needs, which takes a hundred times as long: nice(1).
WORKER_NICE = env_int("WORKER_NICE", 10)
QUEUE_TIMEOUT_S = env_int("QUEUE_TIMEOUT_S", 120, minimum=5)
STOP_GRACE_S = env_int("STOP_GRACE_S", 8)

# Static files: hashed names, compressed, served by the web process itself.
STATIC_URL = f"{BASE_PATH}static/"
STATIC_ROOT = Path(env_str("STATIC_DIR", str(DATA_DIR / "static")))
STATICFILES_DIRS = [BASE_DIR / "static", ("library", BASE_DIR / "classifier" / "library")]
STORAGES: dict[str, Any] = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "genresite.storage.ModuleStorage"
    },
}
# Uploads wait in a folder of this machine, or in a bucket that several machines share.
STORAGES["uploads"] = {"BACKEND": "genresite.storage.LocalUploads"}
uploads_endpoint = env_str("UPLOADS_S3_ENDPOINT")
if uploads_endpoint and not uploads_endpoint.startswith(("http://", "https://")):
    raise ImproperlyConfigured("UPLOADS_S3_ENDPOINT begins with http:// or https://.")
UPLOADS_AT = ""  # where the privacy page says that files wait, if that is not this machine
if uploads_bucket := env_str("UPLOADS_S3_BUCKET"):
    UPLOADS_AT = (urlsplit(uploads_endpoint).hostname or "") if uploads_endpoint else "Amazon S3"
    if not find_spec("storages") or not find_spec("boto3"):
        raise ImproperlyConfigured(
            "UPLOADS_S3_BUCKET needs two more packages: pip install -r requirements-s3.txt"
        )
    STORAGES["uploads"] = {
        "BACKEND": "genresite.storage_s3.S3Uploads",
        "OPTIONS": {
            "bucket_name": uploads_bucket,
            "endpoint_url": uploads_endpoint or None,
            "region_name": env_str("UPLOADS_S3_REGION") or None,
            "location": "uploads",
        },
    }
    # boto3 finds keys in the environment by itself, but not in files of a container's secrets.
    for variable, option in (
        ("AWS_ACCESS_KEY_ID", "access_key"),
        ("AWS_SECRET_ACCESS_KEY", "secret_key"),
    ):
        if env_str(f"{variable}_FILE"):
            STORAGES["uploads"]["OPTIONS"][option] = env_secret(variable)
WHITENOISE_SKIP_COMPRESS_EXTENSIONS = ["mp3", "png", "jpg", "webp", "woff2", "gz", "br"]

# What is computed from stored answers is kept in each web process: a part of a long song's page is
# 100 KB. Nothing in it is a visitor's own.
CACHES = {
    "default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"},
    "answers": {
        "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
        "LOCATION": "answers",
        "TIMEOUT": 24 * 3600,
        "OPTIONS": {"MAX_ENTRIES": 300},
    },
}

# Models, uploads and the operator
MODEL_ID = env_str("MODEL_ID")  # empty: the promoted bundle, else the one that is shipped
# What computes: keras (TensorFlow), light (OpenVINO), or auto: Keras where TensorFlow is installed.
MODEL_RUNTIME = env_choice("MODEL_RUNTIME", runtimes.CHOICES)
# After so long without a job a worker gives the model's memory back; 0 is never.
MODEL_IDLE_S = 60 * env_int("MODEL_IDLE_MINUTES", 0)
MODELS_DIR = DATA_DIR / "models"  # bundles of this site; those that are shipped are in ml/bundles
UPLOAD_DIR = DATA_DIR / "uploads"
UPLOAD_MAX_BYTES = env_int("UPLOAD_MAX_MB", 50, minimum=1) * 1024 * 1024
# All uploads that wait together; 0 is no limit.
UPLOADS_MAX_BYTES = env_int("UPLOADS_MAX_MB", 2000) * 1024 * 1024
# Who runs this installation, for the About and Privacy pages.
OPERATOR = env_str("OPERATOR")
CONTACT = env_link("CONTACT", mail=True)
SOURCE_URL = env_link("SOURCE_URL")

AUDIO_MAX_DURATION_S = env_int("AUDIO_MAX_MINUTES", 20, minimum=1) * 60
HISTORY_PAGE_SIZE = 20

YOUTUBE_ENABLED = env_bool("YOUTUBE_ENABLED", True)
YOUTUBE_PROXY = env_secret("YOUTUBE_PROXY")
YOUTUBE_COOKIES_FILE = env_str("YOUTUBE_COOKIES_FILE")
YOUTUBE_SOURCE_ADDRESS = env_str("YOUTUBE_SOURCE_ADDRESS")
YOUTUBE_EXTRACTOR_ARGS = env_json("YOUTUBE_EXTRACTOR_ARGS")
YOUTUBE_EXCERPTS = env_int("YOUTUBE_EXCERPTS", 3, minimum=1)
YOUTUBE_EXCERPT_S = env_int("YOUTUBE_EXCERPT_S", 10, minimum=3)
YOUTUBE_PARALLEL = env_int("YOUTUBE_PARALLEL", 3, minimum=1)
YOUTUBE_MAX_MINUTES = env_int("YOUTUBE_MAX_MINUTES", 180, minimum=1)
YOUTUBE_MAX_MB = env_int("YOUTUBE_MAX_MB", 12, minimum=1)
YOUTUBE_WHOLE_MINUTES = env_int("YOUTUBE_WHOLE_MINUTES", 15, minimum=1)
YOUTUBE_WHOLE_MAX_MB = env_int("YOUTUBE_WHOLE_MAX_MB", 40, minimum=1)
# Each hundred is another request to YouTube, and all of them have YOUTUBE_SEARCH_TIMEOUT_S.
# Each is a field of one form, of which Django reads a thousand, and 2.5 MB in all.
PLAYLIST_MAX_VIDEOS = env_int("PLAYLIST_MAX_VIDEOS", 50, minimum=1, maximum=500)
YOUTUBE_SEARCH_TIMEOUT_S = env_int("YOUTUBE_SEARCH_TIMEOUT_S", 12, minimum=1)
YOUTUBE_FETCH_TIMEOUT_S = env_int("YOUTUBE_FETCH_TIMEOUT_S", 45, minimum=1)
YOUTUBE_WHOLE_TIMEOUT_S = env_int("YOUTUBE_WHOLE_TIMEOUT_S", 75, minimum=1)
YOUTUBE_COOLDOWN_MINUTES = env_int("YOUTUBE_COOLDOWN_MINUTES", 30, minimum=1)
YOUTUBE_BACKOFF_S = 2
YTDLP_UPDATE = env_bool("YTDLP_UPDATE")  # fetch newer releases of yt-dlp daily
if YOUTUBE_COOKIES_FILE and not Path(YOUTUBE_COOKIES_FILE).is_file():
    raise ImproperlyConfigured(f"YOUTUBE_COOKIES_FILE={YOUTUBE_COOKIES_FILE!r} is no file.")
if max(YOUTUBE_FETCH_TIMEOUT_S, YOUTUBE_WHOLE_TIMEOUT_S) >= QUEUE_TIMEOUT_S:
    raise ImproperlyConfigured("QUEUE_TIMEOUT_S must be more than what YouTube is waited for.")

# How much one visitor, and all together, may ask for; 0 is no limit.
SEARCHES_PER_MINUTE = env_int("SEARCHES_PER_MINUTE", 20)
SEARCHES_PER_MINUTE_IN_ALL = env_int("SEARCHES_PER_MINUTE_IN_ALL", 120)
JOBS_PER_HOUR = env_int("JOBS_PER_HOUR", 120)
JOBS_PER_HOUR_IN_ALL = env_int("JOBS_PER_HOUR_IN_ALL", 1200)
# Whether everybody may read how good the model is on this site's music, see classifier/review.
SIMILAR_FROM_ALL = env_bool("SIMILAR_FROM_ALL")  # similar songs from what others asked for too
COLLECTION_PUBLIC = env_bool("COLLECTION_PUBLIC")  # else those with accounts see and hear it
AUDIT_PUBLIC = env_bool("AUDIT_PUBLIC")
# The share of stored answers that a model that learned on may change, in percent.
LEARN_MOST_CHANGED = env_int("LEARN_MOST_CHANGED", 10)
CORRECTIONS_PER_HOUR = env_int("CORRECTIONS_PER_HOUR", 60)
# Songs of one address that wait or are being listened to; 0 is no limit.
JOBS_AT_ONCE = env_int("JOBS_AT_ONCE", 5)
# Requests of programs that wait for an answer (?wait=), in each web process; the others are told at
# once where to look. Fewer than WEB_THREADS, which pages need too.
API_WAITING = env_int("API_WAITING", 2)
# Where webhooks may lead: without encryption too, and into private networks too.
WEBHOOKS_HTTP = env_bool("WEBHOOKS_HTTP")
WEBHOOKS_PRIVATE = env_bool("WEBHOOKS_PRIVATE")

# How long is kept what visitors asked for; 0 is for ever. See classifier/operations/retention.py.
HISTORY_DAYS = env_int("HISTORY_DAYS", 365)
FAILURES_DAYS = env_int("FAILURES_DAYS", 30)

# Uploads: anything but a small file goes to disk while it arrives, never to memory. What a killed
# process leaves there is purged with the rest.
FILE_UPLOAD_TEMP_DIR: str | None = None  # the system's, where there is no room for a folder
with contextlib.suppress(OSError):
    (UPLOAD_DIR / "tmp").mkdir(parents=True, exist_ok=True)
    FILE_UPLOAD_TEMP_DIR = str(UPLOAD_DIR / "tmp")
FILE_UPLOAD_HANDLERS = [
    "classifier.web.upload_handler.SizeLimitUploadHandler",
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "django.core.files.uploadhandler.TemporaryFileUploadHandler",
]

# Security. HTTPS=1 says that the site is reached by https, through a proxy that sets
# X-Forwarded-Proto; without it the site is meant for this machine or a local network.
HTTPS = env_bool("HTTPS")
# How many proxies, each of which adds to X-Forwarded-For, stand before the site.
PROXIES = env_int("PROXIES", 1 if HTTPS else 0)
# A site for those alone who have an account, or whom the proxy in front names by a header.
PRIVATE_USER_HEADER = env_str("PRIVATE_USER_HEADER")
PRIVATE_SITE = env_bool("PRIVATE_SITE") or bool(PRIVATE_USER_HEADER)
LOGIN_URL, LOGIN_REDIRECT_URL = "sign_in", "home"
if PRIVATE_SITE:
    private.check(PRIVATE_USER_HEADER, PROXIES)
    MIDDLEWARE = private.with_sign_in(MIDDLEWARE, PRIVATE_USER_HEADER)
if PRIVATE_USER_HEADER:
    AUTHENTICATION_BACKENDS = [
        "django.contrib.auth.backends.RemoteUserBackend",
        "django.contrib.auth.backends.ModelBackend",
    ]
SECURE_SSL_REDIRECT = HTTPS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS and env_bool("HSTS_SUBDOMAINS")
SECURE_HSTS_PRELOAD = HTTPS and env_bool("HSTS_PRELOAD")
if SECURE_HSTS_PRELOAD and not SECURE_HSTS_INCLUDE_SUBDOMAINS:
    raise ImproperlyConfigured(
        "HSTS_PRELOAD needs HSTS_SUBDOMAINS=1: lists of browsers ask for it."
    )
# W005, W021: both bind every other host of the operator's domain for a year, so they are asked for.
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]
SECURE_REDIRECT_EXEMPT = [rf"^({re.escape(BASE_PATH[1:])})?(health/|livez|readyz|metrics)$"]
SECURE_REFERRER_POLICY = "same-origin"
SESSION_COOKIE_SECURE = HTTPS
CSRF_COOKIE_SECURE = HTTPS
# A browser takes names with __Host- from this host alone, so no neighbour in the domain plants
# them; but only for the whole host. So sites below different paths of one have different names.
COOKIE_PREFIX, COOKIE_SUFFIX = "__Host-" if HTTPS else "", cookie_suffix(BASE_PATH)
SESSION_COOKIE_NAME = f"{COOKIE_PREFIX}sessionid{COOKIE_SUFFIX}"
CSRF_COOKIE_NAME = f"{COOKIE_PREFIX}csrftoken{COOKIE_SUFFIX}"
MESSAGES_COOKIE_NAME = f"messages{COOKIE_SUFFIX}"
MESSAGE_STORAGE = "genresite.messages.Storage"
SESSION_COOKIE_PATH = CSRF_COOKIE_PATH = "/" if HTTPS else FORCE_SCRIPT_NAME or "/"
# Staff: attempts to log in within a quarter of an hour, 0 for no limit; hours until they log in
# again, 0 for never; whether everybody needs a second factor, or only who has set one up.
LOGIN_ATTEMPTS = env_int("LOGIN_ATTEMPTS", 10)
STAFF_SESSION_HOURS = env_int("STAFF_SESSION_HOURS", 12)
STAFF_SECOND_FACTOR = env_bool("STAFF_SECOND_FACTOR")
STAFF_COOKIE_NAME = f"{COOKIE_PREFIX}staff{COOKIE_SUFFIX}"
OTP_TOTP_ISSUER = "Genre review"
SESSION_COOKIE_AGE = 60 * 60 * 24 * 365
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF, "data:"],
        # YouTube's player, which is loaded only after a press.
        "frame-src": ["https://www.youtube-nocookie.com"],
        "object-src": [NONE],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
        "form-action": [SELF],
    }
}
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]

LANGUAGE_CODE = "en-gb"
TIME_ZONE = env_str("TIME_ZONE", "UTC")
USE_TZ = True
USE_I18N = False

# From when on /readyz says that the site is not ready; 0 is never.
READY_QUEUE_S = env_int("READY_QUEUE_S", 600)
READY_DISK_MB = env_int("READY_DISK_MB", 200)

# /metrics answers who has this token; without it there is no such page, and nothing is counted.
METRICS_TOKEN = env_secret("METRICS_TOKEN")
if METRICS_TOKEN:
    set_up_metrics(METRICS_TOKEN, DATA_DIR)
    MIDDLEWARE.insert(0, "genresite.metrics.measure_requests")

ACCESS_LOG = env_bool("ACCESS_LOG", True)
LOGGING = logging_config(env_str("LOG_FORMAT", "text"), env_str("LOG_LEVEL", "INFO").upper())
