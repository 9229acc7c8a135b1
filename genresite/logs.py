"""LOGGING: lines of text or of JSON, with the time and the ids of request and job."""

from __future__ import annotations

import json
import logging
from typing import Any

from django.core.exceptions import ImproperlyConfigured

from classifier.log_context import add_ids
from classifier.web.log_filters import is_no_missing_thumbnail

TIME = "%Y-%m-%dT%H:%M:%S%z"
# What a line of JSON may have besides time, level, logger and message. Not all that a record has:
# Django hands over the request itself, with its cookies, its address and what was searched for.
FIELDS = ("request_id", "job_id", "method", "route", "status", "duration_ms")


class JsonFormatter(logging.Formatter):
    """One object a line, for programs that collect logs."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": self.formatTime(record, TIME),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        for name in FIELDS:
            if (value := getattr(record, name, "")) != "":
                line[name] = value
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False, default=str)


FORMATTERS: dict[str, dict[str, Any]] = {
    "text": {
        "format": "{asctime} {levelname} {name}{ids}: {message}",
        "datefmt": TIME,
        "style": "{",
    },
    "json": {"()": JsonFormatter},
}


def logging_config(kind: str, level: str) -> dict[str, Any]:
    """Return the dictionary for logging.config; `kind` is LOG_FORMAT."""
    if kind not in FORMATTERS:
        raise ImproperlyConfigured(f"LOG_FORMAT={kind!r} is unknown: use text or json.")
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"line": FORMATTERS[kind]},
        "filters": {
            "ids": {"()": "django.utils.log.CallbackFilter", "callback": add_ids},
            "no_missing_thumbnails": {
                "()": "django.utils.log.CallbackFilter",
                "callback": is_no_missing_thumbnail,
            },
        },
        "handlers": {
            "console": {
                "class": "logging.StreamHandler",
                "formatter": "line",
                "filters": ["ids"],
            }
        },
        "loggers": {
            "django.request": {"filters": ["no_missing_thumbnails"]},
            "gunicorn.error": {"handlers": ["console"], "propagate": False},
        },
        "root": {"handlers": ["console"], "level": level},
    }
