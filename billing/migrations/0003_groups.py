"""Make the groups *Managers* (dashboards) and *Billers* (entry in the admin)."""

from django.apps import apps as installed
from django.contrib.auth.management import create_permissions
from django.db import migrations

ENTERED = (
    "patient",
    "encounter",
    "lineitem",
    "claim",
    "claimline",
    "adjudication",
    "patientpayment",
    "writeoff",
    "appeal",
    "statuschange",
    "note",
)
READ = (
    "practice",
    "department",
    "provider",
    "payer",
    "payeridentifier",
    "staff",
    "reasoncode",
    "reasoncategory",
    "procedurecode",
    "staffactivity",
    "submission",
    "remittance",
    "provideradjustment",
    "adjudicationline",
    "adjustment",
    "contractualadjustment",
    "importbatch",
    "importrejection",
)


def make_groups(apps, schema_editor):
    create_permissions(installed.get_app_config("billing"), verbosity=0)
    group = apps.get_model("auth", "Group")
    permission = apps.get_model("auth", "Permission")
    of_billing = permission.objects.filter(content_type__app_label="billing")
    billers, _ = group.objects.get_or_create(name="Billers")
    billers.permissions.set(
        of_billing.filter(
            codename__in=[
                *(f"{action}_{name}" for action in ("view", "add", "change") for name in ENTERED),
                *(f"view_{name}" for name in READ),
            ]
        )
    )
    managers, _ = group.objects.get_or_create(name="Managers")
    managers.permissions.set(
        of_billing.filter(codename__in=[f"view_{name}" for name in (*ENTERED, *READ)])
    )


class Migration(migrations.Migration):
    dependencies = [
        ("billing", "0002_reason_table"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]

    operations = [migrations.RunPython(make_groups, migrations.RunPython.noop)]
