"""/api/v1/docs: the OpenAPI document as a page of the site."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.views.decorators.http import require_safe

from classifier.formatting import size_words
from classifier.models import ApiToken

from . import bodies, problems, waiting, webhook_docs
from .openapi import document
from .songs import MOST_LISTED

# What the examples send; each is tried by a test.
EXAMPLE_BODIES: dict[str, Any] = {
    "ask_for_song": {"library": "one-needle-shuffle"},
    "correct_song": {"genre": "jazz"},
    "review_song": {"genre": "jazz"},
    "classify_features": {"features": [0.12, -3.4]},
}
EXAMPLE_QUERIES = {
    "ask_for_song": "?wait=20",
    "get_genres": "?youtube=dQw4w9WgXcQ",
    "list_songs": "?limit=20",
    "search": "?q=blues",
}


@require_safe
def docs(request: HttpRequest) -> HttpResponse:
    site = request.build_absolute_uri(settings.BASE_PATH).rstrip("/")
    found = document()
    ctx = {
        "operations": list(_operations(found, site)),
        "shapes": [_shape(name, schema) for name, schema in found["components"]["schemas"].items()],
        "codes": [(code, status, title) for code, (status, title) in problems.CODES.items()],
        "failures": problems.failure_codes(),
        "scopes": [(scope.value, scope.label.partition(": ")[2]) for scope in ApiToken.Scope],
        "file_example": (
            'curl -H "Authorization: Bearer $TOKEN" -F file=@song.mp3 \\\n'
            f'  "{site}/api/v1/songs?wait=20"'
        ),
        "most_listed": MOST_LISTED,
        "longest_wait_s": waiting.LONGEST_S,
        "json_words": size_words(bodies.MOST_BYTES),
        "jobs_per_hour": settings.JOBS_PER_HOUR,
        **webhook_docs.context(),
    }
    return render(request, "api/docs.html", ctx)


def _operations(found: dict[str, Any], site: str) -> Iterator[dict[str, Any]]:
    for path, methods in found["paths"].items():
        for method, operation in methods.items():
            name = operation["operationId"]
            yield {
                "id": name,
                "method": method.upper(),
                "path": path,
                "summary": operation["summary"],
                "text": [coded(part) for part in operation["description"].split("\n\n")],
                "scope": operation["security"][0]["token"][0],
                "parameters": [_field(p["name"], p, p["schema"]) for p in operation["parameters"]],
                "bodies": [
                    {"type": kind, "fields": _fields(content["schema"], found)}
                    for kind, content in operation.get("requestBody", {}).get("content", {}).items()
                ],
                "answers": _answers(operation, errors=False),
                "errors": _answers(operation, errors=True),
                "curl": curl(name, method.upper(), path, site),
            }


def curl(name: str, method: str, path: str, site: str) -> str:
    """Return a command line that asks for it; $TOKEN and $ID are the reader's."""
    url = site + path.replace("{song_id}", "$ID").replace("{model_id}", "musicnn-yamnet-1")
    parts = ['curl -H "Authorization: Bearer $TOKEN"']
    if method == "DELETE":
        parts.append("-X DELETE")
    if name in EXAMPLE_BODIES:
        parts.append('-H "Content-Type: application/json"')
        parts.append(f"-d '{json.dumps(EXAMPLE_BODIES[name])}'")
    parts.append(f'"{url}{EXAMPLE_QUERIES.get(name, "")}"')
    return " \\\n  ".join(parts)


def coded(text: str) -> SafeString:
    """Return a text as HTML, in which what stands between backticks is code."""
    pieces = " ".join(text.split()).split("`")
    return format_html_join(
        "",
        "{}",
        (
            (format_html("<code>{}</code>", piece) if i % 2 else piece,)
            for i, piece in enumerate(pieces)
        ),
    )


def _answers(operation: dict[str, Any], *, errors: bool) -> list[dict[str, Any]]:
    return [
        {
            "status": status,
            "words": answer["description"],
            "headers": list(answer.get("headers", {})),
            "shape": [_name(content["schema"]["$ref"]) for content in answer["content"].values()],
        }
        for status, answer in operation["responses"].items()
        if (int(status) >= 400) == errors
    ]


def _shape(name: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {
        "name": name,
        "text": coded(schema.get("description", "").split("\n\n")[0]),
        "fields": _fields(schema, {}),
    }


def _fields(schema: dict[str, Any], found: dict[str, Any]) -> list[dict[str, Any]]:
    if reference := schema.get("$ref"):
        schema = found["components"]["schemas"][_name(reference)]
    required = schema.get("required", ())
    return [
        _field(name, {"required": name in required}, details)
        for name, details in schema.get("properties", {}).items()
    ]


def _field(name: str, about: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    described = about.get("description") or schema.get("description", "")
    return {
        "name": name,
        "where": about.get("in", ""),
        "is_required": about.get("required", False),
        "type": _type(schema),
        "text": coded(described),
    }


def _type(schema: dict[str, Any]) -> SafeString:
    """Return the type of a value in words, with links to shapes."""
    if reference := schema.get("$ref"):
        return format_html('<a href="#shape-{0}">{0}</a>', _name(reference))
    if choices := schema.get("anyOf") or schema.get("allOf"):
        return format_html_join(" or ", "{}", ((_type(choice),) for choice in choices))
    if values := schema.get("enum"):
        return format_html_join(" or ", "<code>{}</code>", ((value,) for value in values))
    kind = schema.get("type", "anything")
    if kind == "array":
        items = schema.get("items") or {}
        return format_html("list of {}", _type(items))
    if kind == "object" and isinstance(schema.get("additionalProperties"), dict):
        return format_html("object of {}", _type(schema["additionalProperties"]))
    return format_html("{}{}", schema.get("format", kind), _range(schema))


def _range(schema: dict[str, Any]) -> str:
    low, high = schema.get("minimum"), schema.get("maximum")
    if low is not None and high is not None:
        return f", {low:g} to {high:g}"
    if longest := schema.get("maxLength"):
        return f", up to {longest} characters"
    return ""


def _name(reference: str) -> str:
    return reference.rpartition("/")[2]
