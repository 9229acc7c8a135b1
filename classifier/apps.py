from django.apps import AppConfig


class ClassifierConfig(AppConfig):
    name = "classifier"
    verbose_name = "Genres"

    def ready(self) -> None:
        from . import checks, jobs  # noqa: F401  the checks register themselves

        jobs.connect_worker()
