"""Seals: their tables, which the database itself refuses to change or delete, and private values, erased never changed."""

import django.db.models.deletion
from django.db import migrations, models

REFUSED = {
    "sealedevent": ("UPDATE", "DELETE"),
    "seal": ("UPDATE", "DELETE"),
    "privatereference": ("UPDATE",),
}


def _sqlite():
    for table, verbs in REFUSED.items():
        for verb in verbs:
            name = f"{table}_no_{verb.lower()}"
            yield (
                f"CREATE TRIGGER {name} BEFORE {verb} ON kernel_{table} "
                "BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END",
                f"DROP TRIGGER {name}",
            )


def _postgresql():
    """With the function of the journal's own triggers."""
    for table, verbs in REFUSED.items():
        name = f"{table}_append_only"
        yield (
            f"CREATE TRIGGER {name} BEFORE {' OR '.join(verbs)} ON kernel_{table} "
            "FOR EACH ROW EXECUTE FUNCTION kernel_event_append_only()",
            f"DROP TRIGGER {name} ON kernel_{table}",
        )
        if "DELETE" in verbs:
            yield (
                f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON kernel_{table} "
                "FOR EACH STATEMENT EXECUTE FUNCTION kernel_event_append_only()",
                f"DROP TRIGGER {table}_no_truncate ON kernel_{table}",
            )


def _statements(schema_editor):
    return list(_sqlite() if schema_editor.connection.vendor == "sqlite" else _postgresql())


def install(apps, schema_editor):
    for create, _drop in _statements(schema_editor):
        schema_editor.execute(create)


def remove(apps, schema_editor):
    for _create, drop in reversed(_statements(schema_editor)):
        schema_editor.execute(drop)


class Migration(migrations.Migration):

    dependencies = [
        ('kernel', '0003_periodic_runs'),
    ]

    operations = [
        migrations.CreateModel(
            name='Seal',
            fields=[
                ('number', models.BigIntegerField(primary_key=True, serialize=False)),
                ('first', models.BigIntegerField()),
                ('last', models.BigIntegerField(unique=True)),
                ('head', models.CharField(max_length=64, unique=True)),
                ('at', models.DateTimeField()),
            ],
            options={
                'ordering': ['number'],
            },
        ),
        migrations.CreateModel(
            name='SealedEvent',
            fields=[
                ('position', models.BigIntegerField(primary_key=True, serialize=False)),
                ('hash', models.CharField(max_length=64)),
                ('event', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='sealed', to='kernel.event')),
            ],
            options={
                'ordering': ['position'],
            },
        ),
        migrations.CreateModel(
            name='PrivateReference',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=40)),
                ('salt', models.CharField(help_text='128 random bits in hexadecimal', max_length=32)),
                ('value', models.CharField(db_index=True, max_length=200)),
                ('event', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='private_references', to='kernel.event')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('event', 'name'), name='one_private_value_per_name')],
            },
        ),
        migrations.RunPython(install, remove),
    ]
