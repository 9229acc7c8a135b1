from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("classifier", "0010_leases")]

    operations = [
        migrations.AddField(
            "classification",
            "stage_seconds",
            models.JSONField(
                blank=True,
                help_text="{stage: seconds}: fetch or decode, and predict",
                null=True,
            ),
        ),
    ]
