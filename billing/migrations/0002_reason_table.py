"""Load the starting reason table."""

from django.db import migrations

from billing import reason_table


def load(apps, schema_editor):
    reason_table.load(
        apps.get_model("billing", "ReasonCategory").objects,
        apps.get_model("billing", "ReasonCode").objects,
    )


class Migration(migrations.Migration):
    dependencies = [("billing", "0001_initial")]

    operations = [migrations.RunPython(load, migrations.RunPython.noop)]
