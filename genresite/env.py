"""Read environment variables by type; a bad value stops the start with one sentence."""

from __future__ import annotations

import contextlib
import json
import os
import re
import secrets
import tempfile
from collections.abc import Sequence
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.core.validators import URLValidator, validate_email

TRUE = {"1", "true", "yes", "on"}
PATH_PART = re.compile(r"[A-Za-z0-9._-]+")
FALSE = {"0", "false", "no", "off", ""}


def env_str(name: str, default: str = "") -> str:
    return os.environ.get(name, default).strip()


def env_secret(name: str, default: str = "") -> str:
    """Read what few may know: NAME, or the file that NAME_FILE names, as containers have it."""
    path = env_str(f"{name}_FILE")
    if not path:
        return env_str(name, default)
    if env_str(name):
        raise ImproperlyConfigured(f"Set {name} or {name}_FILE, not both.")
    try:
        value = Path(path).read_text().strip()
    except (OSError, UnicodeDecodeError) as exc:
        reason = exc.strerror if isinstance(exc, OSError) else "it is no text"
        raise ImproperlyConfigured(f"{name}_FILE={path!r} cannot be read: {reason}.") from None
    if not value:
        raise ImproperlyConfigured(f"{name}_FILE={path!r} is empty.")
    return value


def env_bool(name: str, default: bool = False) -> bool:
    value = os.environ.get(name)
    if value is None:
        return default
    if value.strip().lower() in TRUE:
        return True
    if value.strip().lower() in FALSE:
        return False
    raise ImproperlyConfigured(f"{name}={value!r} is not a yes or no: use 1 or 0.")


def env_int(name: str, default: int, *, minimum: int = 0, maximum: int | None = None) -> int:
    value = os.environ.get(name, "").strip()
    if not value:
        return default
    try:
        number = int(value)
    except ValueError:
        raise ImproperlyConfigured(f"{name}={value!r} is not a whole number.") from None
    if number < minimum:
        raise ImproperlyConfigured(f"{name}={number} is too small: at least {minimum}.")
    if maximum is not None and number > maximum:
        raise ImproperlyConfigured(f"{name}={number} is too large: at most {maximum}.")
    return number


def env_choice(name: str, choices: Sequence[str]) -> str:
    """Read one of some words; the first is the default."""
    value = env_str(name, choices[0]) or choices[0]
    if value not in choices:
        raise ImproperlyConfigured(f"{name}={value!r} is unknown: use {' or '.join(choices)}.")
    return value


def env_list(name: str, default: str = "") -> list[str]:
    return [item.strip() for item in env_str(name, default).split(",") if item.strip()]


def env_link(name: str, *, mail: bool = False) -> str:
    """Read an http(s) address, with `mail` also one of e-mail, as mailto:; "" when not set."""
    value = env_str(name)
    if not value:
        return ""
    with contextlib.suppress(ValidationError):
        URLValidator(schemes=["http", "https"])(value)
        return value
    if mail:
        address = value.removeprefix("mailto:")
        with contextlib.suppress(ValidationError):
            validate_email(address)
            return f"mailto:{address}"
    kinds = "an http(s) address or one of e-mail" if mail else "an http(s) address"
    raise ImproperlyConfigured(f"{name}={value!r} is not {kinds}.")


def env_base_path(name: str) -> str:
    """Read a path of the site's host, as /genre/; "/" when it is not set."""
    value = env_str(name)
    parts = [part for part in value.split("/") if part]
    if any(set(part) == {"."} or not PATH_PART.fullmatch(part) for part in parts):
        raise ImproperlyConfigured(
            f"{name}={value!r} is not a path of letters, digits and . _ - as /genre/."
        )
    return f"/{'/'.join(parts)}/" if parts else "/"


def env_json(name: str) -> dict:
    """Read a JSON object, e.g. {"youtube": {"player_client": ["tv"]}}; {} when it is not set."""
    value = env_str(name)
    try:
        found = json.loads(value) if value else {}
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise ImproperlyConfigured(f"{name} is not a JSON object.")
    return found


def secret_key(path: Path) -> str:
    """Return SECRET_KEY or what is in SECRET_KEY_FILE, else the key in `path`, made once."""
    if key := env_secret("SECRET_KEY"):
        return key
    try:
        # Read before anything is written: on a full or read-only disk the site starts all the same.
        with contextlib.suppress(FileNotFoundError):
            return _key_in(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        _make_key(path)
        return _key_in(path)
    except OSError as exc:
        raise ImproperlyConfigured(
            f"Set SECRET_KEY, or let {path} be written: {exc.strerror}."
        ) from exc


def _key_in(path: Path) -> str:
    if key := path.read_text().strip():
        return key
    raise ImproperlyConfigured(
        f"{path} is empty: delete it, and a new key is made, or set SECRET_KEY."
    )


def _make_key(path: Path) -> None:
    """Write a new key, unless another process that starts at the same time has done so."""
    # Under another name first, because a reader must never see an empty file; a random one, because
    # what a killed process left must not be in the way.
    descriptor, draft = tempfile.mkstemp(prefix=f"{path.name}.", dir=path.parent)
    try:
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_urlsafe(64))
        with contextlib.suppress(FileExistsError):
            os.link(draft, path)
    finally:
        os.unlink(draft)
