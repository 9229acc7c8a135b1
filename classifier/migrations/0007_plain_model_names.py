import django.db.models.deletion
from django.db import migrations, models

# Old and new names, in words.
RENAMED = (
    ("count", "rate count"),
    ("pause", "source cooldown"),
    ("picture", "spectrogram"),
)


def rename_permissions(apps, schema_editor):
    _rename_permissions(apps, schema_editor, RENAMED)


def restore_permissions(apps, schema_editor):
    _rename_permissions(apps, schema_editor, [(new, old) for old, new in RENAMED])


def _rename_permissions(apps, schema_editor, pairs):
    # RenameModel takes the content types along, and not the permissions: without this, who was
    # allowed to view a "count" would have to be allowed anew.
    permissions = apps.get_model("auth", "Permission").objects.using(schema_editor.connection.alias)
    for old, new in pairs:
        old_model, new_model = old.replace(" ", ""), new.replace(" ", "")
        for action in ("add", "change", "delete", "view"):
            permissions.filter(
                content_type__app_label="classifier",
                content_type__model__in=(old_model, new_model),
                codename=f"{action}_{old_model}",
            ).update(codename=f"{action}_{new_model}", name=f"Can {action} {new}")


class Migration(migrations.Migration):
    """Names of models alone. Each table keeps its name, so no table and no row is written."""

    dependencies = [
        ("classifier", "0006_lists_of_a_million"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]

    operations = [
        migrations.AlterModelTable("count", "classifier_count"),
        migrations.AlterModelTable("pause", "classifier_pause"),
        migrations.AlterModelTable("picture", "classifier_picture"),
        migrations.RenameModel("Count", "RateCount"),
        migrations.RenameModel("Pause", "SourceCooldown"),
        migrations.RenameModel("Picture", "Spectrogram"),
        migrations.AlterField(
            model_name="spectrogram",
            name="classification",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.CASCADE,
                primary_key=True,
                related_name="spectrogram",
                serialize=False,
                to="classifier.classification",
            ),
        ),
        migrations.RunPython(rename_permissions, restore_permissions),
    ]
