from django.db import migrations, models
from django.db.models import F


def fill(apps, editor):
    """What was shown before is dated as it was told."""
    rows = apps.get_model("actors", "Mandate").objects.using(editor.connection.alias)
    rows.filter(public=True).update(published_at=F("created_at"))


class Migration(migrations.Migration):
    dependencies = [("actors", "0010_poles_contacts")]

    operations = [
        migrations.AddField(
            model_name="mandate",
            name="published_at",
            field=models.DateTimeField(blank=True, help_text="when the person agreed", null=True),
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
