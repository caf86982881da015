"""Limits of payers and contracts, marks of the work queue, and the right to assign claims."""

import django.core.validators
import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('billing', '0008_imports_page'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='ContractLimits',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('filing_limit_days', models.PositiveSmallIntegerField(blank=True, help_text='From the service.', null=True, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(3650)], verbose_name='filing limit in days')),
                ('appeal_limit_days', models.PositiveSmallIntegerField(blank=True, help_text='From the decision that denied.', null=True, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(3650)], verbose_name='appeal limit in days')),
            ],
            options={
                'verbose_name': 'limits by contract',
                'verbose_name_plural': 'limits by contract',
                'ordering': ('payer', 'practice'),
            },
        ),
        migrations.CreateModel(
            name='WorkMark',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('snoozed', 'Snoozed'), ('done', 'Done'), ('returned', 'Put back')], max_length=8)),
                ('until', models.DateField(blank=True, help_text='The day on which a snoozed claim is back.', null=True)),
                ('reason', models.CharField(blank=True, max_length=200)),
                ('recorded_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('claim_status', models.CharField(choices=[('draft', 'Draft'), ('pending', 'Pending'), ('denied', 'Denied'), ('appealed', 'Appealed'), ('paid', 'Paid'), ('closed', 'Closed')], max_length=10)),
                ('claim_balance', models.DecimalField(decimal_places=2, max_digits=12)),
                ('claim_last_event_on', models.DateField(blank=True, null=True)),
            ],
            options={
                'ordering': ('recorded_at', 'pk'),
            },
        ),
        migrations.AlterModelOptions(
            name='claim',
            options={'ordering': ('-service_date', '-pk'), 'permissions': (('assign_claim', 'Can assign claims to people'),)},
        ),
        migrations.AddField(
            model_name='payer',
            name='appeal_limit_days',
            field=models.PositiveSmallIntegerField(blank=True, help_text='From the decision that denied. Empty: not known.', null=True, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(3650)], verbose_name='appeal limit in days'),
        ),
        migrations.AddField(
            model_name='payer',
            name='filing_limit_days',
            field=models.PositiveSmallIntegerField(blank=True, help_text='From the service. Empty: one calendar year for Medicare (42 CFR 424.44), else not known.', null=True, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(3650)], verbose_name='filing limit in days'),
        ),
        migrations.AddIndex(
            model_name='claim',
            index=models.Index(fields=['status', 'submitted_on'], name='claim_by_status'),
        ),
        migrations.AddIndex(
            model_name='claim',
            index=models.Index(condition=models.Q(('overturned_on__isnull', False), ('denial_written_off_on__isnull', False), _connector='OR'), fields=['practice', 'payer', 'main_reason'], name='claim_denial_ended'),
        ),
        migrations.AddField(
            model_name='contractlimits',
            name='payer',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='contract_limits', to='billing.payer'),
        ),
        migrations.AddField(
            model_name='contractlimits',
            name='practice',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='billing.practice'),
        ),
        migrations.AddField(
            model_name='workmark',
            name='claim',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='work_marks', to='billing.claim'),
        ),
        migrations.AddField(
            model_name='workmark',
            name='practice',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='billing.practice'),
        ),
        migrations.AddField(
            model_name='workmark',
            name='replaces',
            field=models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='replaced_by', to='billing.workmark'),
        ),
        migrations.AddField(
            model_name='workmark',
            name='who',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddConstraint(
            model_name='contractlimits',
            constraint=models.UniqueConstraint(fields=('practice', 'payer'), name='contract_limits_once'),
        ),
        migrations.AddConstraint(
            model_name='contractlimits',
            constraint=models.CheckConstraint(condition=models.Q(('filing_limit_days__isnull', False), ('appeal_limit_days__isnull', False), _connector='OR'), name='contract_limits_say_something'),
        ),
        migrations.AddConstraint(
            model_name='workmark',
            constraint=models.UniqueConstraint(condition=models.Q(('replaces', None)), fields=('claim',), name='work_mark_first_once'),
        ),
        migrations.AddConstraint(
            model_name='workmark',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('kind', 'snoozed'), ('until__isnull', False)), models.Q(models.Q(('kind', 'snoozed'), _negated=True), ('until__isnull', True)), _connector='OR'), name='work_mark_snoozed_until_a_day'),
        ),
    ]
