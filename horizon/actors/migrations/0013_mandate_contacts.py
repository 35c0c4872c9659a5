from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("actors", "0012_pole_closed")]

    operations = [
        migrations.AddField(
            model_name="mandate",
            name="shown_email",
            field=models.EmailField(
                blank=True, default="", help_text="that the person chose to show beside their name", max_length=254
            ),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="mandate",
            name="shown_phone",
            field=models.CharField(
                blank=True, default="", help_text="that the person chose to show beside their name", max_length=30
            ),
            preserve_default=False,
        ),
        migrations.AddConstraint(
            model_name="mandate",
            constraint=models.CheckConstraint(
                condition=models.Q(public=True) | models.Q(shown_email="", shown_phone=""),
                name="only_a_shown_name_shows_how_to_reach",
            ),
        ),
    ]
