"""Who entered that a condition is met, who accepted it; and that no mediator speaks for a side."""

from pathlib import Path

from django.db import migrations, models

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    dependencies = [("escrow", "0040_rail_breaks")]

    operations = [
        migrations.AddField(
            model_name="condition",
            name="entered_by",
            field=models.CharField(blank=True, db_default="", default="", max_length=120),
        ),
        migrations.AddField(
            model_name="condition",
            name="accepted_by",
            field=models.CharField(blank=True, db_default="", default="", max_length=120),
        ),
        migrations.AddConstraint(
            model_name="condition",
            constraint=models.CheckConstraint(
                condition=models.Q(("accepted_by__startswith", "STAFF:"), _negated=True)
                | models.Q(("accepted_by", models.F("entered_by")), _negated=True),
                name="inspection_is_accepted_by_another",
            ),
        ),
        migrations.RunSQL(
            (SQL / "speakers.sql").read_text(),
            """
            DROP TRIGGER submission_speakers ON escrow_submission;
            DROP TRIGGER evidence_speakers ON escrow_evidence;
            DROP TRIGGER dispute_speakers ON escrow_dispute;
            DROP FUNCTION escrow_check_speaker();
            CREATE OR REPLACE FUNCTION escrow_check_condition() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                IF (NEW.escrow_id, NEW.terms_id, NEW.condition_id, NEW.type) IS DISTINCT FROM
                   (OLD.escrow_id, OLD.terms_id, OLD.condition_id, OLD.type)
                   OR (OLD.state <> 'OPEN' AND (NEW.state, NEW.met_at, NEW.met_by) IS DISTINCT FROM
                       (OLD.state, OLD.met_at, OLD.met_by))
                THEN
                    RAISE EXCEPTION 'a condition is met or lapses once'
                        USING ERRCODE = 'HF290', CONSTRAINT = 'condition_ends_once', TABLE = TG_TABLE_NAME;
                END IF;
                RETURN NEW;
            END $$;
            """,
        ),
    ]
