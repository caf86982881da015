from django.db import migrations, models
from django.db.models import Exists, F, OuterRef, Sum

DENYING = ("CO", "PI", "OA")
BATCH = 1_000


def tell_from_adjustments(apps, schema_editor):
    """What stored adjustments and lines say; `rebuild_claims` then brings it to the claims."""
    adjudications = apps.get_model("billing", "Adjudication").objects
    adjustments = apps.get_model("billing", "Adjustment").objects
    lines = apps.get_model("billing", "AdjudicationLine").objects
    of_reason_18 = (
        adjustments.filter(reason="18", reason__is_denial=True, group__in=DENYING)
        .filter(adjudication__denied_amount__gt=0)
        .values("adjudication", "adjudication__denied_amount")
        .annotate(duplicate=Sum("amount"))
        .order_by("adjudication")
    )
    for row in of_reason_18.iterator(chunk_size=BATCH):
        duplicate = min(row["duplicate"], row["adjudication__denied_amount"])
        if duplicate > 0:
            adjudications.filter(pk=row["adjudication"]).update(duplicate_amount=duplicate)
    of_main_reason = (
        adjustments.exclude(remark_codes="")
        .filter(reason=F("adjudication__main_reason"), group=F("adjudication__main_group"))
        .order_by("adjudication", "amount", "-pk")  # the largest is written last
        .values_list("adjudication", "remark_codes")
    )
    for key, codes in of_main_reason.iterator(chunk_size=BATCH):
        remark = next(iter(codes.replace(":", " ").split()), "")[:10]
        adjudications.filter(pk=key).update(main_remark=remark)
    own = lines.filter(adjudication=OuterRef("pk"))
    adjudications.filter(Exists(own)).update(
        is_patient_non_covered=Exists(own.filter(outcome="patient non-covered")),
        is_reduced=Exists(own.filter(outcome="reduced")),
    )


class Migration(migrations.Migration):

    dependencies = [
        ('billing', '0012_remittance_pages'),
    ]

    operations = [
        migrations.AddField(
            model_name='adjudication',
            name='duplicate_amount',
            field=models.DecimalField(decimal_places=2, default=0, help_text='Of the denied amount, what reason 18 denied: it never stands.', max_digits=12),
        ),
        migrations.AddField(
            model_name='adjudication',
            name='is_patient_non_covered',
            field=models.BooleanField(blank=True, help_text='A line was left to the patient as not covered. Empty: the source does not say.', null=True),
        ),
        migrations.AddField(
            model_name='adjudication',
            name='is_reduced',
            field=models.BooleanField(blank=True, help_text='A line was paid less for a denial reason. Empty: the source does not say.', null=True),
        ),
        migrations.AddField(
            model_name='adjudication',
            name='main_remark',
            field=models.CharField(blank=True, help_text='The first remark code beside the main reason.', max_length=10),
        ),
        migrations.AddField(
            model_name='claim',
            name='first_patient_non_covered',
            field=models.BooleanField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='claim',
            name='first_reduced',
            field=models.BooleanField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='claim',
            name='main_remark',
            field=models.CharField(blank=True, max_length=10),
        ),
        migrations.AddField(
            model_name='claimhistory',
            name='first_patient_non_covered',
            field=models.BooleanField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='claimhistory',
            name='first_reduced',
            field=models.BooleanField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='claimhistory',
            name='main_remark',
            field=models.CharField(blank=True, max_length=10),
        ),
        migrations.AddConstraint(
            model_name='adjudication',
            constraint=models.CheckConstraint(condition=models.Q(('duplicate_amount__gte', 0), ('duplicate_amount__lte', models.F('denied_amount'))), name='adjudication_duplicate_within_denied'),
        ),
        migrations.RunPython(tell_from_adjustments, migrations.RunPython.noop, elidable=True),
    ]
