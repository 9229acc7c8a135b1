"""Scripts import each other under the names that they are stored by."""

import re

from django.core.management import call_command


def test_every_import_of_a_module_is_stored_under_its_hashed_name(settings, tmp_path):
    settings.STATIC_ROOT = tmp_path
    settings.STORAGES = settings.STORAGES | {
        "staticfiles": {"BACKEND": "genresite.storage.ModuleStorage"}
    }
    call_command("collectstatic", interactive=False, verbosity=0)
    scripts = [path for path in (tmp_path / "js").glob("*.*.js") if path.is_file()]
    assert len(scripts) == len(list((settings.BASE_DIR / "static/js").glob("*.js"))) > 5
    found = []
    for script in scripts:
        for name in re.findall(r"""(?:from |import\()["'](.+?)["']""", script.read_text()):
            assert re.search(r"\.[0-9a-f]{12}\.js$", name), (script.name, name)
            assert (script.parent / name).is_file(), (script.name, name)
            found.append(name.split(".")[1])
    assert sorted(found) == ["/sent-files", "/sent-files", "/vendor/idb"]
