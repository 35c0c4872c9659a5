from django.db import migrations, models
from django.db.models import F


def fill(apps, editor):
    """What was shown before is dated as it was told."""
    rows = apps.get_model("listening", "Answer").objects.using(editor.connection.alias)
    rows.filter(status__in=["shown", "taken_back"]).update(shown_at=F("created_at"))


class Migration(migrations.Migration):
    dependencies = [("listening", "0002_known_gaps")]

    operations = [
        migrations.AddField(
            model_name="answer",
            name="shown_at",
            field=models.DateTimeField(blank=True, help_text="since when everybody may read it", null=True),
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
