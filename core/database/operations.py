"""Migration operations shared by the apps.

A migration that uses them depends on `("database", "0001_application_role")`.
"""

from django.db import migrations


def append_only(table: str) -> migrations.RunSQL:
    """Rows of `table` are inserted and read, never changed: trigger for everyone, grants for the application role.

    The refusal is SQLSTATE HF001 with constraint name `<table>_is_append_only`.
    """
    return migrations.RunSQL(
        sql=f"""
        CREATE TRIGGER {table}_is_append_only BEFORE UPDATE OR DELETE ON {table}
            FOR EACH ROW EXECUTE FUNCTION holdfast_refuse_change();
        CREATE TRIGGER {table}_is_not_truncated BEFORE TRUNCATE ON {table}
            FOR EACH STATEMENT EXECUTE FUNCTION holdfast_refuse_change();
        REVOKE UPDATE, DELETE, TRUNCATE ON {table} FROM holdfast_app;
        """,
        reverse_sql=f"""
        DROP TRIGGER {table}_is_append_only ON {table};
        DROP TRIGGER {table}_is_not_truncated ON {table};
        """,
    )
