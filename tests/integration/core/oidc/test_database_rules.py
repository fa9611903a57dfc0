"""What the database refuses about modes, issuers and users, whatever the code says."""

from datetime import timedelta
from typing import Any

import pytest
from django.apps import apps
from django.db import Error as DatabaseError
from django.db import connection, transaction

from compliance.models import Party
from core import clock
from core.actors import SYSTEM
from core.api import catalogue
from core.database.refusals import refusal_name
from core.oidc import issuers, links, users
from core.oidc.issuers import UnableToAcceptIssuer
from core.oidc.links import LinkNotFound, UnableToLink, UserIsLinked
from core.oidc.models import Issuer, UserLink
from escrow.models import Escrow
from escrow.services import funding
from fraud.models import Assessment, ReviewCase
from payments.models import Payment, Refund
from tests.factories import api
from tests.factories.oidc import Provider

pytestmark = pytest.mark.django_db

PAYMENT = {
    "cardNumber": "4242424242424242", "expiryMonth": "12", "expiryYear": "2031", "cvc": "123", "amount": 50000,
    "customerId": "cus_ada_0001", "providerId": "prov_ben_0001", "bookingId": "book_1",
}  # fmt: skip


def refused(copy: Any, **different: Any) -> str | None:
    """The name of the refusal when the row is inserted again with something different."""
    copy.pk = None
    for name, value in different.items():
        setattr(copy, name, value)
    with pytest.raises(DatabaseError) as error, transaction.atomic():
        copy.save(force_insert=True)
    return refusal_name(error.value)


def has_mode(model: Any) -> bool:
    return any(field.name == "livemode" for field in model._meta.concrete_fields)


@pytest.fixture
def paid() -> Payment:
    """In test mode, beside a live customer, provider and assessment of the same names."""
    for livemode in (False, True):
        backend = api.client(*catalogue.scopes(), livemode=livemode)
        for party_id, kind in (("cus_ada_0001", "CUSTOMER"), ("prov_ben_0001", "PROVIDER")):
            backend.post("/v1/parties", {"partyId": party_id, "type": kind})
        answer = backend.post("/v1/payments", PAYMENT).json()
        if not livemode:
            found = answer["paymentId"]
            assert backend.post(f"/v1/payments/{found}/refunds", {"amount": 100}).status_code == 201
            funding.attach(payment_id=found, now=clock.now())
    return Payment.objects.get(public_id=found)


class TestModes:
    def test_a_payment_is_of_the_mode_of_its_parties_and_its_assessment(self, paid: Payment) -> None:
        fresh = {
            "public_id": "pay_1703123456789_k2n8m9p1q", "transaction_id": "txn_1703123456789_k2n8m9p1q",
            "escrow_id": None, "claim_id": None, "status": "PROCESSING", "step": "AUTHORISE", "captured_at": None,
            "refunded_minor": 0, "refunded_fee_minor": 0, "resume_at": clock.now(),
        }  # fmt: skip
        for name, other in {
            "customer": Party.objects.get(party_id="cus_ada_0001", livemode=True),
            "provider": Party.objects.get(party_id="prov_ben_0001", livemode=True),
            "assessment": Assessment.objects.get(livemode=True),
            "livemode": True,
        }.items():
            copy = Payment.objects.get(pk=paid.pk)
            assert refused(copy, **{**fresh, name: other}) == "payment_stays_in_its_mode", name
        control = Payment.objects.get(pk=paid.pk)
        control.pk = None
        for name, value in fresh.items():
            setattr(control, name, value)
        control.save(force_insert=True)

    def test_a_refund_is_of_the_mode_and_currency_of_its_payment(self, paid: Payment) -> None:
        for different in ({"livemode": True}, {"currency": "EUR"}):
            assert (
                refused(Refund.objects.get(payment=paid), public_id="re_other", claim_id=None, **different)
                == "refund_is_of_its_payment"
            )

    def test_an_escrow_is_of_its_payment(self, paid: Payment) -> None:
        escrow = Escrow.objects.get(payment=paid)
        live = Party.objects.get(party_id="cus_ada_0001", livemode=True)
        for different in ({"livemode": True}, {"currency": "EUR"}, {"payer": live}, {"payee": paid.customer}):
            copy = Escrow.objects.get(pk=escrow.pk)
            copy.status, copy.refunded_minor, copy.closed_at = "FUNDED", 0, None
            assert refused(copy, public_id="ESC_1703123456789_ABCDEF12", **different) == "escrow_is_of_its_payment"
            with pytest.raises(DatabaseError) as error, transaction.atomic():
                Escrow.objects.filter(pk=escrow.pk).update(**different)
            assert refusal_name(error.value) == "escrow_identity_does_not_change"

    def test_a_case_is_of_the_mode_of_its_assessment(self, paid: Payment) -> None:
        now = clock.now()
        case = ReviewCase(
            case_id="case_1", livemode=False, payment_id=paid.public_id, subject="payment:1",
            payer_id="cus_ada_0001", amount_minor=1, currency="USD", why="x", capture_deadline=now,
            next_action_at=now, due_at=now, opened_at=now,
        )  # fmt: skip
        live = Assessment.objects.get(livemode=True)
        assert refused(case, assessment=live) == "case_stays_in_its_mode"
        case.pk, case.assessment = None, Assessment.objects.get(livemode=False)
        case.save(force_insert=True)

    @pytest.mark.parametrize("change", [{"livemode": True}, {"party_id": "cus_x"}, {"type": "PROVIDER"}], ids=str)
    def test_a_party_keeps_its_identity(self, change: dict[str, Any], paid: Payment) -> None:
        with pytest.raises(DatabaseError) as error, transaction.atomic():
            Party.objects.filter(pk=paid.customer_id).update(**change)
        assert refusal_name(error.value) == "party_keeps_its_identity"

    def test_all_that_is_stored_with_a_mode_agrees_with_what_it_points_at(self, paid: Payment) -> None:
        """Generated from the models: every foreign key between two tables that both have a mode."""
        looked_at = []
        for model in apps.get_models():
            for field in model._meta.concrete_fields:
                if field.is_relation and has_mode(model) and has_mode(field.related_model):
                    looked_at.append(f"{model.__name__}.{field.name}")
                    for row in model._default_manager.filter(**{f"{field.name}__isnull": False}):
                        assert row.livemode == getattr(row, field.name).livemode
        assert {"Payment.customer", "Payment.provider", "Refund.payment", "Escrow.payer"} <= set(looked_at)


class TestIssuers:
    def test_an_issuer_keeps_its_mode_and_its_code(self, idp: Provider) -> None:
        idp.accept()
        for other in ({"livemode": True}, {"code": "other"}, {"issuer": "https://example.org/pool"}):
            with pytest.raises(UnableToAcceptIssuer, match="keeps its code"):
                idp.accept(at=clock.now() + timedelta(seconds=1), **other)

    def test_a_second_word_of_the_same_moment_is_refused(self, idp: Provider) -> None:
        now = clock.now()
        idp.accept(at=now)
        with pytest.raises(UnableToAcceptIssuer, match="begins at that moment"):
            idp.accept(at=now)

    @pytest.mark.parametrize(
        "other",
        [
            {"code": "X"},
            {"issuer": "http://example.org"},
            {"issuer": "ftp://example.org"},
            {"jwks_url": "http://example.org/keys"},
            {"client_ids": ()},
            {"client_ids": ("",)},
            {"groups_claim": ""},
            {"admin_group": "Provider"},
        ],
        ids=str,
    )
    def test_what_cannot_be_checked_is_not_accepted(self, other: dict[str, Any], idp: Provider) -> None:
        with pytest.raises(UnableToAcceptIssuer):
            idp.accept(**other)
        assert not Issuer.objects.exists()

    def test_without_a_reason_or_backdated_it_is_not_accepted(self, idp: Provider) -> None:
        now = clock.now()
        for reason, since in (("", now), ("late", now - timedelta(seconds=1))):
            with pytest.raises(UnableToAcceptIssuer):
                issuers.accept(terms=idp.terms(), effective_from=since, reason=reason, actor=SYSTEM, now=now)

    def test_the_database_refuses_what_the_service_would(self, idp: Provider) -> None:
        idp.accept()
        row = Issuer.objects.get()
        later = {"effective_from": clock.now() + timedelta(days=1)}
        for name, different in {
            "issuer_kind_is_known": {"kind": "OTHER"},
            "issuer_code_is_short_and_plain": {"code": "A b", "issuer": "https://other.example"},
            "issuer_is_accepted_for_a_reason": {"reason": ""},
            "issuer_keys_come_over_tls": {"jwks_url": "http://example.org/"},
            "issuer_says_whom_its_tokens_are_for": {"client_ids": []},
            "issuer_keeps_its_name_and_mode": {"livemode": True},
        }.items():
            assert refused(Issuer.objects.get(pk=row.pk), **later, **different) == name
        with pytest.raises(DatabaseError) as error, transaction.atomic():
            Issuer.objects.update(accepted=False)
        assert refusal_name(error.value) == "oidc_issuer_is_append_only"


class TestLinks:
    def link(self, idp: Provider, **other: Any) -> UserLink:
        wanted = {"issuer_code": idp.code, "subject": "sub-1", "party_id": "cus_1", "livemode": False} | other
        return links.link(**wanted, actor=SYSTEM, now=clock.now())

    def test_a_user_is_one_party_until_the_link_ends(self, idp: Provider) -> None:
        idp.accept()
        first = self.link(idp)
        assert self.link(idp).pk == first.pk
        with pytest.raises(UserIsLinked):
            self.link(idp, party_id="cus_2")
        links.unlink(
            issuer_code=idp.code, subject="sub-1", party_id="cus_1", livemode=False, actor=SYSTEM, now=clock.now()
        )
        self.link(idp, party_id="cus_2")
        assert links.find_party(issuer_code=idp.code, subject="sub-1") == "cus_2"
        assert [row.ended_at is None for row in links.list_for_party(party_id="cus_1", livemode=False)] == [False]

    def test_only_a_link_that_is_there_ends(self, idp: Provider) -> None:
        idp.accept()
        self.link(idp)
        for other in ({"party_id": "cus_2"}, {"livemode": True}, {"subject": "sub-2"}):
            named = {"issuer_code": idp.code, "subject": "sub-1", "party_id": "cus_1", "livemode": False} | other
            with pytest.raises(LinkNotFound):
                links.unlink(**named, actor=SYSTEM, now=clock.now())

    @pytest.mark.parametrize(
        "other",
        [{"issuer_code": "nobody"}, {"livemode": True}, {"subject": "jane@example.org"}, {"subject": ""}],
        ids=str,
    )
    def test_a_link_that_no_token_could_use_is_refused(self, other: dict[str, Any], idp: Provider) -> None:
        idp.accept()
        with pytest.raises(UnableToLink):
            self.link(idp, **other)

    def test_an_ended_link_stays_as_it_was(self, idp: Provider) -> None:
        idp.accept()
        row = self.link(idp)
        for statement in (
            f"UPDATE oidc_userlink SET party_id = 'cus_9' WHERE id = {row.pk}",
            f"DELETE FROM oidc_userlink WHERE id = {row.pk}",
        ):
            with pytest.raises(DatabaseError) as error, transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(statement)
            assert refusal_name(error.value) == "user_link_only_ends"

    def test_the_link_says_who_the_user_is(self, idp: Provider) -> None:
        """The claim of the token does not count where the issuer's tokens may not name a party."""
        idp.accept(party_claim="")
        self.link(idp, subject="5f1a0b7e-sub", party_id="cus_linked")
        assert users.identify(idp.token(**{"custom:party_id": "cus_claimed"}), now=clock.now()).party_id == "cus_linked"
        assert users.identify(idp.token(sub="other"), now=clock.now()).party_id is None
