"""How collected static files are stored."""

from __future__ import annotations

from whitenoise.storage import CompressedManifestStaticFilesStorage


class ModuleStorage(CompressedManifestStaticFilesStorage):  # type: ignore[misc]  # no types
    """Names hold a hash of the content, in the imports of JavaScript modules too.

    An import map would do the same, but must be inline, which the security policy forbids.
    """

    support_js_module_import_aggregation = True
