"""The tables: references point down, nothing is removed by cascade, no column is named for what must not be kept."""

import re
from collections.abc import Iterable, Iterator

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import connection, models
from django.test.utils import isolate_apps

from tests.architecture.sources import LAYERS, PACKAGES

FORBIDDEN = re.compile(
    r"(^|_)(cvc2?|cvv2?|csc|cid|pan|card_number|cardnumber|primary_account_number|track[12]?|track_data|magstripe"
    r"|pin|pin_block|ssn|social_security_number)(_|$)"
)
# Rows that are no money and no record, and mean nothing without the row they hang on.
MAY_CASCADE = {"staff.Authenticator.user"}


def ours() -> list[type[models.Model]]:
    return [model for model in apps.get_models(include_auto_created=True) if package(model) in PACKAGES]


def package(model: type[models.Model]) -> str:
    return model.__module__.split(".")[0]


def references(model: type[models.Model]) -> Iterator[models.ForeignKey]:
    for field in model._meta.local_fields:
        if isinstance(field, models.ForeignKey):
            yield field


def upward_references(found: Iterable[type[models.Model]]) -> list[str]:
    """A foreign key given as text is no import, so the import contracts do not see it."""
    wrong = []
    for model in found:
        for field in references(model):
            target = package(field.remote_field.model)
            if target in LAYERS and LAYERS.index(target) > LAYERS.index(package(model)):
                wrong.append(f"{model._meta.label}.{field.name} points up to {field.remote_field.model._meta.label}")
    return wrong


def cascades(found: Iterable[type[models.Model]]) -> list[str]:
    return [
        f"{model._meta.label}.{field.name}"
        for model in found
        if not model._meta.auto_created
        for field in references(model)
        if field.remote_field.on_delete is not models.PROTECT and f"{model._meta.label}.{field.name}" not in MAY_CASCADE
    ]


def forbidden_names(found: Iterable[type[models.Model]]) -> list[str]:
    return [
        f"{model._meta.label}.{field.name}"
        for model in found
        for field in model._meta.local_fields
        if FORBIDDEN.search(field.name.lower()) or FORBIDDEN.search(str(field.column).lower())
    ]


def test_foreign_keys_point_down() -> None:
    assert upward_references(ours()) == []


def test_rows_are_protected_and_never_cascade() -> None:
    assert cascades(ours()) == []


def test_no_column_is_named_for_card_data() -> None:
    assert forbidden_names(ours()) == []


@isolate_apps("ledger", "escrow")
def test_controls_each_rule_can_be_broken() -> None:
    class Hold(models.Model):
        class Meta:
            app_label = "escrow"

    class Posting(models.Model):
        hold = models.ForeignKey(Hold, on_delete=models.CASCADE)
        card_number = models.TextField()
        Cvv = models.TextField()
        tracking_number = models.TextField()

        class Meta:
            app_label = "ledger"

    Hold.__module__, Posting.__module__ = "escrow.models", "ledger.models"
    assert upward_references([Posting]) == ["ledger.Posting.hold points up to escrow.Hold"]
    assert upward_references([Hold]) == []
    assert cascades([Posting]) == ["ledger.Posting.hold"]
    assert forbidden_names([Posting]) == ["ledger.Posting.card_number", "ledger.Posting.Cvv"]


@pytest.mark.parametrize(
    "name", ["cvc", "card_cvc", "cvv2", "pan", "pan_hash", "card_number", "track2", "pin", "ssn", "ssn_last4"]
)
def test_names_that_are_caught(name: str) -> None:
    assert FORBIDDEN.search(name)


@pytest.mark.parametrize(
    "name", ["company", "tracking_number", "span", "pinned_at", "incident", "pending", "trace_number"]
)
def test_names_that_are_not(name: str) -> None:
    assert not FORBIDDEN.search(name)


def test_the_rules_look_at_real_models() -> None:
    assert {"audit_entry", "parameters_parameter", "switches_turn"} <= {model._meta.db_table for model in ours()}


@pytest.mark.django_db
def test_migrations_are_in_step_with_the_models() -> None:
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


@pytest.mark.django_db
def test_what_is_append_only_is_so_by_grant_and_by_trigger() -> None:
    """Every table with the one has the other, for rows and for the whole table."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT c.relname,
                   has_table_privilege('holdfast_app', c.oid, 'UPDATE')
                       OR has_table_privilege('holdfast_app', c.oid, 'DELETE')
                       OR has_table_privilege('holdfast_app', c.oid, 'TRUNCATE'),
                   EXISTS (SELECT FROM pg_trigger t WHERE t.tgrelid = c.oid
                           AND t.tgname = c.relname || '_is_not_truncated' AND t.tgenabled = 'O')
              FROM pg_class c
              JOIN pg_trigger rows ON rows.tgrelid = c.oid AND rows.tgname = c.relname || '_is_append_only'
            """
        )
        tables = {name: (may_change, not_truncated) for name, may_change, not_truncated in cursor.fetchall()}
    assert {"audit_entry", "audit_link", "switches_turn", "parameters_parameter"} <= set(tables)
    assert {name for name, (may_change, not_truncated) in tables.items() if may_change or not not_truncated} == set()


@pytest.mark.django_db
def test_the_application_role_owns_nothing_and_is_no_superuser() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT rolsuper OR rolcreaterole OR rolcreatedb OR rolbypassrls OR rolreplication,"
            " (SELECT count(*) FROM pg_class c WHERE c.relowner = r.oid) FROM pg_roles r WHERE rolname = 'holdfast_app'"
        )
        assert cursor.fetchone() == (False, 0)
