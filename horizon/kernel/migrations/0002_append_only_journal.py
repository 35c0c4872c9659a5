"""The database itself refuses to change or delete an event, on SQLite and on PostgreSQL."""

from django.db import migrations

SQLITE = [
    (
        "CREATE TRIGGER event_no_update BEFORE UPDATE ON kernel_event "
        "BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END",
        "DROP TRIGGER event_no_update",
    ),
    (
        "CREATE TRIGGER event_no_delete BEFORE DELETE ON kernel_event "
        "BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END",
        "DROP TRIGGER event_no_delete",
    ),
]
POSTGRESQL = [
    (
        "CREATE FUNCTION kernel_event_append_only() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'the journal is append-only'; END $$",
        "DROP FUNCTION kernel_event_append_only()",
    ),
    (
        "CREATE TRIGGER event_append_only BEFORE UPDATE OR DELETE ON kernel_event "
        "FOR EACH ROW EXECUTE FUNCTION kernel_event_append_only()",
        "DROP TRIGGER event_append_only ON kernel_event",
    ),
    (
        "CREATE TRIGGER event_no_truncate BEFORE TRUNCATE ON kernel_event "
        "FOR EACH STATEMENT EXECUTE FUNCTION kernel_event_append_only()",
        "DROP TRIGGER event_no_truncate ON kernel_event",
    ),
]


def _statements(schema_editor):
    return SQLITE if schema_editor.connection.vendor == "sqlite" else POSTGRESQL


def install(apps, schema_editor):
    for create, _drop in _statements(schema_editor):
        schema_editor.execute(create)


def remove(apps, schema_editor):
    for _create, drop in reversed(_statements(schema_editor)):
        schema_editor.execute(drop)


class Migration(migrations.Migration):
    dependencies = [("kernel", "0001_initial")]
    operations = [migrations.RunPython(install, remove)]
