"""What the database itself refuses about escrows; what is held already becomes one part each."""

from pathlib import Path

from django.db import migrations

from core.database.operations import append_only

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    dependencies = [("escrow", "0003_agreements"), ("approvals", "0001_initial"), ("database", "0001_application_role")]
    operations = [
        migrations.RunSQL(
            """
            -- What went back before parts were kept is not among them: amounts are what is still there and what was.
            INSERT INTO escrow_part (escrow_id, number, amount_minor, state, condition_id, created_at)
                SELECT id, 1, amount_minor - refunded_minor, 'HELD', '', created_at FROM escrow_escrow
                WHERE amount_minor > refunded_minor;
            """,
            migrations.RunSQL.noop,
        ),
        migrations.RunSQL(
            (SQL / "agreements.sql").read_text(),
            """
            DROP TRIGGER part_sums ON escrow_part;
            DROP TRIGGER escrow_sums ON escrow_escrow;
            DROP TRIGGER timer_rules ON escrow_timer;
            DROP TRIGGER lock_rules ON escrow_lock;
            DROP TRIGGER condition_rules ON escrow_condition;
            DROP TRIGGER terms_rules ON escrow_terms;
            DROP TRIGGER movement_rules ON escrow_movement;
            DROP TRIGGER part_rules ON escrow_part;
            DROP TRIGGER escrow_life ON escrow_escrow;
            DROP FUNCTION escrow_check_sums_of_part(), escrow_check_sums(), escrow_check_timer(), escrow_check_lock(),
                escrow_check_condition(), escrow_check_terms(), escrow_check_movement(), escrow_check_part(),
                escrow_check_life();
            """,
        ),
        append_only("escrow_movement"),
    ]
