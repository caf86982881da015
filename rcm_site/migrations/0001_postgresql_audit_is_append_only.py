"""On PostgreSQL, let no entry of the audit trail be changed or deleted; a no-op on SQLite.

Row triggers: a test run may still empty the table by TRUNCATE, which only its owner may do.
"""

from django.db import migrations

REFUSE = """
CREATE FUNCTION refuse_to_alter_audit_entry() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'The audit trail is append-only: % refused', TG_OP
        USING ERRCODE = 'insufficient_privilege';
END
$$;
CREATE TRIGGER audit_entry_is_never_altered
    BEFORE UPDATE OR DELETE ON auditlog_logentry
    FOR EACH ROW EXECUTE FUNCTION refuse_to_alter_audit_entry();
"""
ALLOW = """
DROP TRIGGER audit_entry_is_never_altered ON auditlog_logentry;
DROP FUNCTION refuse_to_alter_audit_entry();
"""


def on_postgresql(sql):
    def run(apps, schema_editor):
        if schema_editor.connection.vendor == "postgresql":
            schema_editor.execute(sql, params=None)

    return run


class Migration(migrations.Migration):
    dependencies = [("auditlog", "0017_add_actor_email")]

    operations = [migrations.RunPython(on_postgresql(REFUSE), on_postgresql(ALLOW))]
