"""Backends of joblib for work in many equal pieces: this machine's cores or a cluster.

Dask and Ray are optional: `pip install "dask[distributed]"` or `pip install ray`. A dask cluster is
started with `dask scheduler` on one machine and `dask worker ADDRESS` on each (from a checkout of
this repository, in its environment), a Ray one with `ray start`.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator
from typing import Any

from ml.errors import MLError

BACKENDS = ("loky", "threading", "dask", "ray")


@contextlib.contextmanager
def working_with(backend: str, scheduler: str | None, jobs: int) -> Iterator[None]:
    """Select the backend of joblib for the block.

    Parameters
    ----------
    backend : of BACKENDS
    scheduler : the cluster's address; None starts one on this machine
    jobs : workers of a cluster on this machine; -1 for as many as there are cores

    Raises
    ------
    MLError : the package of the backend is missing, or no cluster is at that address
    """
    from joblib import parallel_config

    with contextlib.ExitStack() as stack:
        try:
            if backend == "dask":
                client = stack.enter_context(_dask_client(scheduler, jobs))
                stack.enter_context(parallel_config("dask", client=client))
            elif backend == "ray":
                import ray
                from ray.util.joblib import register_ray

                ray.init(address=scheduler, ignore_reinit_error=True, log_to_driver=False)
                stack.callback(ray.shutdown)
                register_ray()
                stack.enter_context(parallel_config("ray"))
            else:
                stack.enter_context(parallel_config(backend))
        except ImportError as exc:
            raise MLError(f"The backend {backend!r} needs the package {exc.name!r}.") from exc
        yield


def _dask_client(scheduler: str | None, jobs: int) -> Any:
    from distributed import Client

    logging.getLogger("distributed").setLevel("WARNING")  # at INFO it writes a line a step
    if not scheduler:
        workers = jobs if jobs > 0 else None
        # Any free port: another cluster on this machine may have the usual one.
        return Client(n_workers=workers, threads_per_worker=1, dashboard_address="127.0.0.1:0")
    try:
        return Client(scheduler, timeout="10s")
    except OSError as exc:
        raise MLError(f"There is no dask scheduler at {scheduler}.") from exc
