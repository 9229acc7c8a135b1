"""Start one worker process; `manage.py run_workers` does this as often as WORKERS says."""

from __future__ import annotations

import argparse
import contextlib
import logging
import os
import socket
import sys

import django
from django.conf import settings


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--socket", type=int, required=True, help="file descriptor to the pool")
    parser.add_argument("--token", required=True, help="last part of this worker's name")
    parser.add_argument("--predecessor", default="", help="name of the worker that it replaces")
    parser.add_argument(
        "--overdue", action="store_true", help="the predecessor's job took too long"
    )
    parser.add_argument("--cold", action="store_true", help="load no model before there is a job")
    arguments = parser.parse_args()
    django.setup()
    from . import names  # its neighbours need Django
    from .member import Member

    def begin_anew() -> None:
        """Become a process that has loaded nothing; to the pool and the database it is the same."""
        os.set_inheritable(arguments.socket, True)
        told = ["--socket", str(arguments.socket), "--token", arguments.token, "--cold"]
        os.execv(sys.executable, [sys.executable, "-m", "classifier.worker", *told])  # noqa: S606

    if not arguments.cold:  # then it has been done
        with contextlib.suppress(OSError):  # where a container forbids it
            os.nice(settings.WORKER_NICE)
    name = names.name_of(os.getpid(), arguments.token)
    member = Member(name, socket.socket(fileno=arguments.socket), begin_anew)
    if arguments.cold:
        member.run_cold()
    else:
        member.run(arguments.predecessor, overdue=arguments.overdue)
    # At once: nothing is left to do, and the threads of libraries would take their time.
    logging.shutdown()
    os._exit(0)


main()
