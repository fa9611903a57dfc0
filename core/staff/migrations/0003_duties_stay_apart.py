"""The database keeps duties apart too: within one role, within one person, and in who may give a role or change one.

The rules are rows (`staff_separation`, the newest is in force), so the functions read what people read. One lock makes
a role that grows and a person who gets it at the same moment see each other.
"""

from django.db import migrations

from core.database.operations import append_only

CREATE = """
CREATE FUNCTION staff_roles_in_force(OUT role text, OUT permissions jsonb, OUT stands_alone boolean)
RETURNS SETOF record LANGUAGE sql VOLATILE AS $$
    SELECT DISTINCT ON (v.role) v.role::text, v.permissions, v.stands_alone
      FROM staff_role_version v ORDER BY v.role, v.id DESC
$$;

CREATE FUNCTION staff_require_duties_apart(held jsonb) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    rules staff_separation%ROWTYPE;
BEGIN
    SELECT * INTO rules FROM staff_separation ORDER BY id DESC LIMIT 1;
    IF NOT FOUND OR EXISTS (
        SELECT FROM jsonb_array_elements(rules.pairs) pair WHERE held ? (pair->>0) AND held ? (pair->>1)
    ) THEN
        RAISE EXCEPTION 'both permissions of a pair' USING ERRCODE = 'HF701', CONSTRAINT = 'nobody_makes_and_checks';
    END IF;
    IF EXISTS (SELECT FROM jsonb_array_elements_text(held) p WHERE p LIKE 'staff.%' AND p NOT LIKE 'staff.view\\_%')
       AND EXISTS (SELECT FROM jsonb_array_elements_text(rules.money) m WHERE held ? m) THEN
        RAISE EXCEPTION 'power over people and over money' USING ERRCODE = 'HF702', CONSTRAINT = 'power_over_people_is_none_over_money';
    END IF;
END $$;

CREATE FUNCTION staff_require_roles_go_together(codes text[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM unnest(codes) c WHERE c NOT IN (SELECT f.role FROM staff_roles_in_force() f)) THEN
        RAISE EXCEPTION 'no such role' USING ERRCODE = 'HF703', CONSTRAINT = 'assigned_role_exists';
    END IF;
    IF cardinality(codes) > 1
       AND EXISTS (SELECT FROM staff_roles_in_force() f WHERE f.role = ANY (codes) AND f.stands_alone) THEN
        RAISE EXCEPTION 'a role that stands alone' USING ERRCODE = 'HF704', CONSTRAINT = 'role_that_stands_alone_is_alone';
    END IF;
    PERFORM staff_require_duties_apart(COALESCE((
        SELECT jsonb_agg(DISTINCT p)
          FROM staff_roles_in_force() f, jsonb_array_elements_text(f.permissions) p WHERE f.role = ANY (codes)
    ), '[]'));
END $$;

CREATE FUNCTION staff_require_everybody_fits() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM staff_require_duties_apart(f.permissions) FROM staff_roles_in_force() f;
    PERFORM staff_require_roles_go_together(array_agg(a.role::text)) FROM staff_roleassignment a GROUP BY a.user_id;
END $$;

CREATE FUNCTION staff_assignment_rules() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        RAISE EXCEPTION 'an assignment changes' USING ERRCODE = 'HF705', CONSTRAINT = 'role_is_given_or_taken';
    END IF;
    PERFORM pg_advisory_xact_lock(hashtext('staff.duties'));
    IF NEW.assigned_by NOT LIKE 'SYSTEM:%' THEN
        PERFORM approvals_require_executed(
            NEW.approval_id, 'staff.assign_roles', (SELECT u.email FROM staff_user u WHERE u.id = NEW.user_id));
    END IF;
    PERFORM staff_require_roles_go_together(
        ARRAY(SELECT a.role::text FROM staff_roleassignment a WHERE a.user_id = NEW.user_id AND a.role <> NEW.role)
        || NEW.role::text);
    RETURN NEW;
END $$;
CREATE TRIGGER assignment_rules BEFORE INSERT OR UPDATE ON staff_roleassignment
    FOR EACH ROW EXECUTE FUNCTION staff_assignment_rules();

CREATE FUNCTION staff_role_version_rules() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('staff.duties'));
    IF jsonb_typeof(NEW.permissions) <> 'array' OR EXISTS (
        SELECT FROM jsonb_array_elements_text(NEW.permissions) p
         WHERE p !~ '^([a-z_]+\\.[a-z0-9_]+|([a-z_]+|\\*)\\.view_\\*)$'
    ) THEN
        RAISE EXCEPTION 'no permission has such a name' USING ERRCODE = 'HF706', CONSTRAINT = 'permission_names_one_verb_or_views';
    END IF;
    IF NEW.written_by NOT LIKE 'SYSTEM:%' THEN
        PERFORM approvals_require_executed(NEW.approval_id, 'staff.change_role', 'role:' || NEW.role);
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER role_version_rules BEFORE INSERT ON staff_role_version
    FOR EACH ROW EXECUTE FUNCTION staff_role_version_rules();

CREATE FUNCTION staff_separation_rules() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('staff.duties'));
    IF NEW.written_by NOT LIKE 'SYSTEM:%' THEN
        PERFORM approvals_require_executed(NEW.approval_id, 'staff.change_separation', 'separation');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER separation_rules BEFORE INSERT ON staff_separation
    FOR EACH ROW EXECUTE FUNCTION staff_separation_rules();

CREATE FUNCTION staff_everybody_fits() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM staff_require_everybody_fits();
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER role_version_fits_everybody AFTER INSERT ON staff_role_version
    DEFERRABLE INITIALLY IMMEDIATE FOR EACH ROW EXECUTE FUNCTION staff_everybody_fits();
CREATE CONSTRAINT TRIGGER separation_fits_everybody AFTER INSERT ON staff_separation
    DEFERRABLE INITIALLY IMMEDIATE FOR EACH ROW EXECUTE FUNCTION staff_everybody_fits();
"""

DROP = """
DROP TRIGGER assignment_rules ON staff_roleassignment;
DROP TRIGGER role_version_rules ON staff_role_version;
DROP TRIGGER separation_rules ON staff_separation;
DROP TRIGGER role_version_fits_everybody ON staff_role_version;
DROP TRIGGER separation_fits_everybody ON staff_separation;
DROP FUNCTION staff_everybody_fits();
DROP FUNCTION staff_separation_rules();
DROP FUNCTION staff_role_version_rules();
DROP FUNCTION staff_assignment_rules();
DROP FUNCTION staff_require_everybody_fits();
DROP FUNCTION staff_require_roles_go_together(text[]);
DROP FUNCTION staff_require_duties_apart(jsonb);
DROP FUNCTION staff_roles_in_force();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("staff", "0002_roles_sessions_factors"),
        ("database", "0001_application_role"),
    ]
    operations = [
        append_only("staff_role_version"),
        append_only("staff_separation"),
        migrations.RunSQL(CREATE, DROP),
        # The sessions of before; everybody signs in anew.
        migrations.RunSQL("DROP TABLE IF EXISTS django_session", migrations.RunSQL.noop),
    ]
