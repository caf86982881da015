"""Let the claim list sort and search by index, and say who filed an appeal."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


def index(name, *fields):
    return migrations.AddIndex(
        model_name="claim", index=models.Index(fields=list(fields), name=name)
    )


class Migration(migrations.Migration):
    dependencies = [
        ("billing", "0005_longer_procedure_codes"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="appeal",
            name="who",
            field=models.ForeignKey(
                blank=True,
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        # Each serves one sort of the claim list, forwards and backwards, page by page:
        # ORDER BY number, id; the search by number too
        index("claim_list_by_number", "number", "id"),
        # ORDER BY service_date, id; the filters by age and service date too
        index("claim_list_by_service", "service_date", "id"),
        # ORDER BY billed, id
        index("claim_list_by_billed", "billed", "id"),
        # ORDER BY balance, id
        index("claim_list_by_balance", "balance", "id"),
        # WHERE payer_control_number >= 'X' AND payer_control_number < 'X…'
        index("claim_by_control_number", "payer_control_number"),
    ]
