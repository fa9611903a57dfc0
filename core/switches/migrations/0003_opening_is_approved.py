"""Four eyes in the database: a turn that opens names an executed approval; the shipped row of a new switch needs none."""

from django.db import migrations

CREATE = """
CREATE FUNCTION switches_require_approval() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.approval_id <> '' THEN
        PERFORM approvals_require_executed(
            NEW.approval_id, 'switches.open',
            CASE WHEN NEW.scope = '' THEN NEW.switch ELSE NEW.switch || '/' || NEW.scope END);
    ELSIF NEW.scope <> '' OR NEW.expires_at IS NOT NULL OR NEW.actor <> 'SYSTEM:holdfast'
          OR EXISTS (SELECT FROM switches_turn known WHERE known.switch = NEW.switch) THEN
        RAISE EXCEPTION 'a switch is opened by an approval'
            USING ERRCODE = 'HF601', CONSTRAINT = 'switch_opens_by_approval';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER switch_opens_by_approval BEFORE INSERT ON switches_turn
    FOR EACH ROW WHEN (NEW.state = 'OPEN') EXECUTE FUNCTION switches_require_approval();
"""

DROP = """
DROP TRIGGER switch_opens_by_approval ON switches_turn;
DROP FUNCTION switches_require_approval();
"""


class Migration(migrations.Migration):
    dependencies = [("switches", "0002_scope_owner_exposure"), ("approvals", "0001_initial")]
    operations = [migrations.RunSQL(CREATE, DROP)]
