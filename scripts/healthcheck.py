"""Exit code 0 if the web process of this machine answers: the health check of the image."""

from __future__ import annotations

import sys

from scripts import local_site


def main() -> int:
    try:
        local_site.read("livez", timeout_s=4)
    except (OSError, ValueError) as error:
        print(f"{local_site.url('livez')}: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
