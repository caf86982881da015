"""Let the list of patients page and search by name, capital or small, by index."""

from django.db import migrations, models
from django.db.models import F
from django.db.models.functions import Upper


class Migration(migrations.Migration):
    dependencies = [("billing", "0006_claim_list")]

    operations = [
        # WHERE practice = 1 AND (UPPER(last_name), UPPER(first_name), id) > ('REYES', 'INES', …)
        # ORDER BY UPPER(last_name), UPPER(first_name), id
        migrations.AddIndex(
            model_name="patient",
            index=models.Index(
                F("practice"),
                Upper("last_name"),
                Upper("first_name"),
                F("id"),
                name="patient_list_by_name",
            ),
        ),
    ]
