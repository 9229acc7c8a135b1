import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('classifier', '0004_corrections'),
    ]

    operations = [
        migrations.CreateModel(
            name='Picture',
            fields=[
                ('classification', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='picture', serialize=False, to='classifier.classification')),
                ('png', models.BinaryField()),
                ('columns', models.JSONField(help_text='How many columns each of the windows has')),
            ],
        ),
    ]
