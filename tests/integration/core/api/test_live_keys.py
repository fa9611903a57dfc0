"""A live key takes two people: one asks and collects, another signs. The database knows it too."""

from datetime import timedelta

import pytest
from django.db import DatabaseError, transaction
from django.utils import timezone

from core.actors import SYSTEM
from core.api import approvals, keys, live_keys, rights, rotation
from core.api.live_keys import NothingToCollect
from core.api.models import ApiKey, KeyKind, KeyState
from core.api.rights import Rights
from core.approvals.models import ApprovalRequest
from core.approvals.services import NotAllowedToSign
from core.audit.models import AuditEntry
from core.database.refusals import refusal_name
from tests.factories import keys as live
from tests.factories import staff
from tests.factories.approvals import signed

pytestmark = pytest.mark.django_db


def widened(key: ApiKey, integrator: staff.Person, **changes: object) -> ApprovalRequest:
    """A request for other rights of the key."""
    held = rights.of(key)
    wanted = Rights(
        scopes=tuple(changes.get("scopes", held.scopes)),
        networks=tuple(changes.get("networks", held.networks)),
        expires_at=changes.get("expires_at", held.expires_at),
    )
    actor = integrator.user.actor()
    return approvals.ask_to_widen(
        key_id=key.public_id, wanted=wanted, reason="It pays out now", actor=actor, now=timezone.now()
    )


class TestIssuing:
    def test_one_asks_another_signs_and_the_first_collects_once(
        self, integrator: staff.Person, officer: staff.Person
    ) -> None:
        request = live.asked(integrator, "payments:read")
        assert not ApiKey.objects.exists()

        signed(request, officer)
        key, now = ApiKey.objects.get(), timezone.now()
        assert (key.public_id, key.approval_id, key.state(now)) == (request.subject, request.request_id, "WAITING")
        assert (key.secret_hash, key.last4) == (None, "")

        made, secret = live_keys.collect(key_id=key.public_id, actor=integrator.user.actor(), now=now)
        assert secret.startswith("rk_live_")
        assert keys.find_usable(secret=secret, now=now) == made

        with pytest.raises(NothingToCollect, match="shown once"):
            live_keys.collect(key_id=key.public_id, actor=integrator.user.actor(), now=now)
        entries = AuditEntry.objects.filter(subject=key.public_id).order_by("pk")
        assert [entry.action for entry in entries] == ["api.key.issued", "api.key.collected"]
        assert secret not in repr(list(AuditEntry.objects.values()))

    @pytest.mark.usefixtures("officer")
    def test_who_asked_does_not_sign(self, integrator: staff.Person) -> None:
        with pytest.raises(NotAllowedToSign):
            signed(live.asked(integrator, "payments:read"), integrator)
        assert not ApiKey.objects.exists()

    def test_nobody_else_collects(self, integrator: staff.Person, officer: staff.Person) -> None:
        key = live.issued(integrator, officer, "payments:read")
        other = staff.person("INTEGRATION")
        for person in (officer, other):
            with pytest.raises(NothingToCollect, match="Only the person who asked"):
                live_keys.collect(key_id=key.public_id, actor=person.user.actor(), now=timezone.now())

    def test_a_secret_that_nobody_collects_within_a_day_lapses(
        self, integrator: staff.Person, officer: staff.Person
    ) -> None:
        key = live.issued(integrator, officer, "payments:read")
        assert key.collect_by == key.created_at + timedelta(hours=24)
        assert key.state(key.collect_by - timedelta(seconds=1)) == KeyState.WAITING
        assert key.state(key.collect_by) == KeyState.LAPSED
        with pytest.raises(NothingToCollect, match="in time"):
            live_keys.collect(key_id=key.public_id, actor=integrator.user.actor(), now=key.collect_by)

    def test_a_person_cannot_make_one_alone(self, integrator: staff.Person) -> None:
        with pytest.raises(keys.LiveKeyNeedsSignature):
            keys.create(
                name="shop", livemode=True, scopes=["payments:read"], actor=integrator.user.actor(), now=timezone.now()
            )

    def test_a_secret_live_key_has_every_scope_but_the_dangerous(
        self, integrator: staff.Person, officer: staff.Person
    ) -> None:
        ordinary = signed(live.asked(integrator, kind=KeyKind.SECRET), officer)
        named = signed(live.asked(integrator, "card-tokens:reveal", kind=KeyKind.SECRET), officer)
        first, second = (ApiKey.objects.get(public_id=request.subject) for request in (ordinary, named))
        assert "payments:write" in first.scopes
        assert set(second.scopes) - set(first.scopes) == {"card-tokens:reveal"}


class TestWidening:
    def test_more_needs_a_signature_and_less_does_not(self, integrator: staff.Person, officer: staff.Person) -> None:
        key, _ = live.collected(integrator, officer, "payments:read", "parties:read")
        actor, now = integrator.user.actor(), timezone.now()
        arguments = {"key_id": key.public_id, "actor": actor, "now": now}
        with pytest.raises(keys.LiveKeyNeedsSignature):
            rotation.change_rights(scopes=["payments:write"], networks=[], expires_at=key.expires_at, **arguments)
        with pytest.raises(keys.LiveKeyNeedsSignature):
            later = key.expires_at + timedelta(days=1)
            rotation.change_rights(scopes=key.scopes, networks=[], expires_at=later, **arguments)

        narrowed = rotation.change_rights(
            scopes=["payments:read"], networks=["203.0.113.0/24"], expires_at=key.expires_at, **arguments
        )
        assert (narrowed.scopes, narrowed.networks) == (["payments:read"], ["203.0.113.0/24"])

        request = signed(widened(narrowed, integrator, scopes=("payments:read", "refunds:write")), officer)
        wide = ApiKey.objects.get(pk=key.pk)
        assert (wide.scopes, wide.widened_by) == (["payments:read", "refunds:write"], request.request_id)

    def test_a_signature_is_void_once_the_key_has_changed(
        self, integrator: staff.Person, officer: staff.Person
    ) -> None:
        key, _ = live.collected(integrator, officer, "payments:read", "parties:read")
        request = widened(key, integrator, scopes=("payments:read", "parties:read", "refunds:write"))
        rotation.change_rights(
            key_id=key.public_id, scopes=["payments:read"], networks=[], expires_at=key.expires_at,
            actor=integrator.user.actor(), now=timezone.now(),
        )  # fmt: skip
        with pytest.raises(Exception, match="changed"):
            signed(request, officer)
        assert ApiKey.objects.get(pk=key.pk).scopes == ["payments:read"]

    def test_what_is_not_wider_is_not_asked_for(self, integrator: staff.Person, officer: staff.Person) -> None:
        key, _ = live.collected(integrator, officer, "payments:read", "parties:read")
        with pytest.raises(live_keys.LiveKeyIsNotWider):
            widened(key, integrator, scopes=("payments:read",))


class TestTheDatabase:
    """What no code path does, no row can hold either."""

    def row(self, **fields: object) -> ApiKey:
        now = timezone.now()
        return ApiKey(
            **{
                "public_id": "key_1", "lineage": "key_1", "name": "x", "kind": "RESTRICTED", "prefix": "rk_live_",
                "livemode": True, "scopes": ["payments:read"], "api_version": "2026-11-01", "last4": "abcd",
                "secret_hash": b"1" * 32, "place": 1, "created_by": "STAFF:ada@holdfast.example", "created_at": now,
                "expires_at": now + timedelta(days=1),
            }
            | fields
        )  # fmt: skip

    def refused(self, key: ApiKey) -> str | None:
        with pytest.raises(DatabaseError) as refused, transaction.atomic():
            key.save()
        return refusal_name(refused.value)

    def test_a_live_key_without_an_executed_request_is_refused(
        self, integrator: staff.Person, officer: staff.Person
    ) -> None:
        assert self.refused(self.row()) == "act_is_approved"
        open_request = live.asked(integrator, "payments:read")
        assert self.refused(self.row(approval_id=open_request.request_id, public_id=open_request.subject)) == (
            "act_is_approved"
        )
        other = live.issued(integrator, officer, "payments:read")
        assert self.refused(self.row(approval_id=other.approval_id)) == "act_is_approved"

    def test_what_the_terminal_makes_and_test_keys_pass(self) -> None:
        self.row(created_by=str(SYSTEM)).save()
        self.row(public_id="key_2", lineage="key_2", livemode=False, prefix="rk_test_", secret_hash=b"2" * 32).save()

    def test_a_restricted_live_key_has_an_end(self) -> None:
        assert self.refused(self.row(created_by=str(SYSTEM), expires_at=None)) == "restricted_live_api_key_expires"

    @pytest.mark.parametrize(
        "change",
        [
            {"scopes": ["payments:read", "payments:write"]},
            {"expires_at": timezone.now() + timedelta(days=300)},
            {"networks": ["203.0.113.0/24", "192.0.2.0/24"]},
            {"networks": ["203.0.0.0/16"]},
            {"networks": []},
        ],
    )
    def test_no_live_key_grows_by_itself(self, change: dict[str, object]) -> None:
        key = self.row(created_by=str(SYSTEM), networks=["203.0.113.0/24"])
        key.save()
        for name, value in change.items():
            setattr(key, name, value)
        assert self.refused(key) == "live_api_key_is_widened_by_signature"
        key.widened_by = "apr_made_up"
        assert self.refused(key) == "act_is_approved"

    def test_it_may_shrink(self) -> None:
        key = self.row(created_by=str(SYSTEM), networks=["203.0.113.0/24"])
        key.save()
        key.networks, key.expires_at = ["203.0.113.7/32"], key.expires_at - timedelta(hours=1)
        key.save()

    def test_a_successor_has_no_wider_rights(self) -> None:
        first = self.row(created_by=str(SYSTEM))
        first.save()
        fields = {"public_id": "key_2", "secret_hash": b"2" * 32, "place": 2, "replaces": first}
        end = first.expires_at
        for wider in ({"scopes": ["payments:write"]}, {"expires_at": end + timedelta(seconds=1)}, {"lineage": "key_2"}):
            successor = self.row(**({"expires_at": end} | fields | wider))
            assert self.refused(successor) == "api_key_successor_has_no_wider_rights"
        keys.revoke(key_id="key_1", actor=SYSTEM, now=timezone.now())
        assert self.refused(self.row(expires_at=end, **fields)) == "api_key_successor_has_no_wider_rights"

    def test_what_has_ended_stays_ended(self) -> None:
        key = self.row(created_by=str(SYSTEM))
        key.save()
        keys.revoke(key_id=key.public_id, actor=SYSTEM, now=timezone.now())
        key.refresh_from_db()
        key.revoked_at, key.revoked_by, key.place = None, "", 1
        assert self.refused(key) == "ended_api_key_stays_ended"
        with pytest.raises(DatabaseError) as refused, transaction.atomic():
            key.delete()
        assert refusal_name(refused.value) == "api_key_is_never_deleted"
