from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("exchange", "0007_listing_public_at")]

    operations = [
        migrations.AddField(
            model_name="message",
            name="reason",
            field=models.CharField(blank=True, help_text="why it was taken away", max_length=500),
        ),
        migrations.AddConstraint(
            model_name="message",
            constraint=models.CheckConstraint(
                condition=~models.Q(text="") | models.Q(reason=""), name="emptied_message_has_no_reason"
            ),
        ),
    ]
