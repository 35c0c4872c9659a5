from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("listening", "0003_answer_shown_at")]

    operations = [
        migrations.AddConstraint(
            model_name="answer",
            constraint=models.CheckConstraint(
                condition=~models.Q(status="shown") | models.Q(shown_at__isnull=False),
                name="shown_answer_has_its_day",
            ),
        ),
    ]
