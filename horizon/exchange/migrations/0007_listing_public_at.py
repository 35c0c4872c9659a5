from django.db import migrations, models
from django.db.models import F


def fill(apps, editor):
    """What everybody could read before is dated as it was told."""
    rows = apps.get_model("exchange", "Listing").objects.using(editor.connection.alias)
    rows.filter(audience="everybody", published_at__isnull=False).update(public_at=F("published_at"))


class Migration(migrations.Migration):
    dependencies = [("exchange", "0006_deal_why")]

    operations = [
        migrations.AddField(
            model_name="listing",
            name="public_at",
            field=models.DateTimeField(
                blank=True, help_text="since when everybody may read it", null=True
            ),
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
