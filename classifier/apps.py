from django.apps import AppConfig


class ClassifierConfig(AppConfig):
    name = "classifier"
    verbose_name = "Genres"

    def ready(self) -> None:
        from . import jobs

        jobs.connect_worker()
