"""Start one worker process; `manage.py run_workers` does this as often as WORKERS says."""

from __future__ import annotations

import argparse
import logging
import os
import socket

import django


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--socket", type=int, required=True, help="file descriptor to the pool")
    parser.add_argument("--token", required=True, help="last part of this worker's name")
    parser.add_argument("--predecessor", default="", help="name of the worker that it replaces")
    parser.add_argument(
        "--overdue", action="store_true", help="the predecessor's job took too long"
    )
    arguments = parser.parse_args()
    django.setup()
    from . import names  # its neighbours need Django
    from .member import Member

    name = names.name_of(os.getpid(), arguments.token)
    member = Member(name, socket.socket(fileno=arguments.socket))
    member.run(arguments.predecessor, overdue=arguments.overdue)
    # At once: nothing is left to do, and the threads of libraries would take their time.
    logging.shutdown()
    os._exit(0)


main()
