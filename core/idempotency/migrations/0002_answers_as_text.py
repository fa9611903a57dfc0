from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("idempotency", "0001_initial")]

    operations = [
        migrations.AlterField(model_name="idempotentrequest", name="response_body", field=models.TextField(null=True)),
    ]
