from django.db import migrations, models
from django.db.models import F


def keep_order(apps, schema_editor):
    """Jobs that wait now are due in the order in which they were asked for.

    Until now a job was also a row of the queue's own table or of Redis. An unfinished row is taken
    by a worker whether there was one or not.
    """
    classifications = apps.get_model("classifier", "Classification").objects
    classifications.using(schema_editor.connection.alias).filter(
        state__in=("queued", "fetching", "listening")
    ).update(due_at=F("created_at"))


class Migration(migrations.Migration):
    dependencies = [("classifier", "0009_is_music")]

    operations = [
        migrations.AddField(
            "classification",
            "due_at",
            models.DateTimeField(
                blank=True, help_text="The first due is taken first", null=True
            ),
        ),
        migrations.AddField(
            "classification",
            "requester",
            models.CharField(
                blank=True,
                help_text="Hash of the address that asked, until the job is over",
                max_length=64,
                null=True,
            ),
        ),
        migrations.AddField(
            "classification",
            "held_by",
            models.CharField(blank=True, max_length=200, null=True, verbose_name="worker"),
        ),
        migrations.AddField(
            "classification", "held_until", models.DateTimeField(blank=True, null=True)
        ),
        migrations.RunPython(keep_order, migrations.RunPython.noop),
    ]
