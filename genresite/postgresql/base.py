"""The backend that DATABASES names: DEADLINE_S in its settings bounds every wait."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any

import psycopg
from django.db.backends.postgresql import base

from .deadlines import Breaker, NoAnswer, bounded

HEALTH_CHECK_S = 2.0  # for the SELECT 1 with which a request begins
BREAKER = Breaker()


class DatabaseWrapper(base.DatabaseWrapper):
    """Django's own, but an answer that does not come is an OperationalError in time."""

    patience_s: float | None = None

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        self.patience_s = self.settings_dict.get("DEADLINE_S")
        if not self.patience_s:
            return super().get_new_connection(conn_params)
        with BREAKER.guarding(self.patience_s, silence=psycopg.errors.ConnectionTimeout):
            connection = super().get_new_connection(conn_params)
        connection.wait = self._bounded(connection, connection.wait)
        return connection

    def is_usable(self) -> bool:
        usual = self.patience_s
        if usual:
            self.patience_s = min(usual, HEALTH_CHECK_S)
        try:
            return super().is_usable()
        finally:
            self.patience_s = usual

    def _bounded(self, connection: Any, wait: Callable[..., Any]) -> Callable[..., Any]:
        def bounded_wait(steps: Generator[Any, Any, Any], *args: Any, **kwargs: Any) -> Any:
            patience_s = self.patience_s or HEALTH_CHECK_S
            try:
                with BREAKER.guarding(patience_s, silence=NoAnswer):
                    return wait(bounded(steps, patience_s), *args, **kwargs)
            except NoAnswer:
                connection.close()  # in the midst of an answer, so of no use any more
                raise

        return bounded_wait
