"""Related to one party, related to the same party under another name; and whoever signs in where a party pays from."""

import itertools
from datetime import date, datetime, timedelta

import pytest
from django.utils import timezone

from compliance.models import BankAccount, Party
from core.actors import SYSTEM
from core.approvals.relations import Tie
from core.approvals.services import affiliations
from core.parameters import services as parameters
from core.staff.services import sign_in
from escrow.relations import shared_address_ties, shared_identity_ties
from fraud.models import Observation
from tests.factories import staff
from tests.factories.releases import party

pytestmark = pytest.mark.django_db
INES = "ines@holdfast.example"
_numbers = itertools.count(1)


@pytest.fixture(autouse=True)
def ines(db: None) -> staff.Person:
    """A director of prov_known."""
    person = staff.person("ESCROW_APPROVER", email=INES)
    affiliations.declare(
        email=INES, party_id="prov_known", nature="director", since=date(2020, 1, 1), actor=SYSTEM, now=timezone.now()
    )
    return person


def today() -> date:
    return timezone.now().date()


def shared(*names: str, on: date | None = None, people: frozenset[str] = frozenset({INES})) -> list[Tie]:
    return list(shared_identity_ties(people=people, names=frozenset(names), on=on or today()))


def address_ties(*names: str) -> list[Tie]:
    return list(shared_address_ties(people=frozenset({INES, "x@holdfast.example"}), names=frozenset(names), on=today()))


def attempt(payer: str, *, device: str | None = None, address: str | None = None, at: datetime | None = None) -> None:
    number = next(_numbers)
    Observation.objects.create(
        payment_id=f"pay_{number}", transaction_id=f"txn_{number}", livemode=False, payer_id=payer, amount_minor=100,
        currency="USD", payment_method="CARD", outcome="APPROVED", device_id=device, ip_address=address,
        at=at or timezone.now(),
    )  # fmt: skip


def account(of: Party, fingerprint: str) -> None:
    now = timezone.now()
    BankAccount.objects.create(
        account_id=f"ba_{next(_numbers)}", livemode=of.livemode, party=of, holder_name="X", account_type="CHECKING",
        routing_number="021000021", last4="6789", sealed=b"x", fingerprint=fingerprint, requested_by="x",
        created_at=now,
    )  # fmt: skip


class TestTheSamePartyUnderAnotherName:
    def test_a_bank_account(self) -> None:
        account(party("prov_known"), "a" * 64)
        account(party("prov_new"), "a" * 64)
        account(party("prov_else"), "b" * 64)
        assert shared("prov_new", "prov_else") == [
            Tie(INES, "prov_new", "director of prov_known, with which it shares its bank account")
        ]

    def test_a_phone_however_it_is_written(self) -> None:
        party("prov_known", phone="+1 (555) 010-7788")
        party("cus_new", phone="15550107788")
        party("cus_else", phone="15550107789")
        assert [tie.to for tie in shared("cus_new", "cus_else")] == ["cus_new"]

    def test_an_address_in_either_case_and_mode(self) -> None:
        party("prov_known", email="Shop@Shop.example", livemode=True)
        party("prov_new", email="shop@shop.example")
        assert [tie.to for tie in shared("prov_new")] == ["prov_new"]

    def test_a_device_they_paid_from(self) -> None:
        party("cus_new")
        attempt("prov_known", device="dev_1")
        attempt("cus_new", device="dev_1")
        attempt("cus_else", device="dev_2")
        assert [tie.why for tie in shared("cus_new", "cus_else")] == [
            "director of prov_known, with which it shares its device"
        ]

    def test_a_device_of_long_ago_does_not_count(self) -> None:
        long_ago = timezone.now() - timedelta(days=32)
        attempt("prov_known", device="dev_1", at=long_ago)
        attempt("cus_new", device="dev_1")
        assert shared("cus_new") == []

    def test_what_is_empty_is_not_shared(self) -> None:
        party("prov_known")
        party("prov_new")
        attempt("prov_known")
        attempt("prov_new")
        assert shared("prov_new") == []

    def test_an_affiliation_that_has_ended_reaches_nobody(self) -> None:
        party("prov_known", phone="1")
        party("prov_new", phone="1")
        assert len(shared("prov_new")) == 1
        assert shared("prov_new", on=date(2019, 12, 31)) == []

    def test_one_step_and_not_more(self) -> None:
        """A shares with B, B with C: of A's director only B is kept away."""
        party("prov_known", phone="1")
        party("prov_b", phone="1", email="b@b.example")
        party("prov_c", phone="3", email="b@b.example")
        assert [tie.to for tie in shared("prov_b", "prov_c")] == ["prov_b"]

    def test_the_statements_are_four_however_many(self, django_assert_num_queries: object) -> None:
        party("prov_known", phone="1")
        names = [party(f"prov_{number}", phone="1").party_id for number in range(20)]
        shared(*names)  # the parameters are known for five seconds
        with django_assert_num_queries(4):
            assert len(shared(*names)) == 20
        with django_assert_num_queries(1):
            assert shared(*names, people=frozenset({"x@holdfast.example"})) == []
        with django_assert_num_queries(0):
            assert shared("yuki@holdfast.example") == []


class TestASharedDevice:
    def signed_in(self, person: staff.Person, address: str, at: datetime | None = None) -> None:
        sign_in.record(user=person.user, event="session.opened", origin=address, now=at or timezone.now())

    def test_signed_in_where_the_party_paid(self, ines: staff.Person) -> None:
        self.signed_in(ines, "198.51.100.7")
        self.signed_in(ines, "198.51.100.8")  # since then she was elsewhere
        attempt("cus_1", address="198.51.100.7")
        attempt("cus_1", address="198.51.100.7")
        attempt("cus_2", address="198.51.100.9")
        assert address_ties("cus_1", "cus_2") == [
            Tie(INES, "cus_1", "a shared device: signed in from the address it pays from")
        ]

    def test_in_the_longer_form_too(self, ines: staff.Person) -> None:
        self.signed_in(ines, "2001:DB8:0:0:0:0:0:1")
        attempt("cus_1", address="2001:db8::1")
        assert [tie.to for tie in address_ties("cus_1")] == ["cus_1"]

    @pytest.mark.parametrize("address", ["127.0.0.1", "10.1.2.3", "192.168.0.4", "172.16.9.9", "::1", "unknown", ""])
    def test_an_address_that_everybody_may_have_says_nothing(self, ines: staff.Person, address: str) -> None:
        self.signed_in(ines, address)
        attempt("cus_1", address=address if ":" in address or "." in address else None)
        assert address_ties("cus_1") == []

    def test_both_within_thirty_days(self, ines: staff.Person) -> None:
        long_ago = timezone.now() - timedelta(days=32)
        self.signed_in(ines, "198.51.100.7")
        attempt("cus_1", address="198.51.100.7", at=long_ago)
        assert address_ties("cus_1") == []
        self.signed_in(ines, "198.51.100.8", at=long_ago)
        attempt("cus_1", address="198.51.100.8")
        assert address_ties("cus_1") == []

    def test_the_days_are_dated(self, ines: staff.Person) -> None:
        long_ago, now = timezone.now() - timedelta(days=32), timezone.now()
        self.signed_in(ines, "198.51.100.7")
        attempt("cus_1", address="198.51.100.7", at=long_ago)
        parameters.change(
            name="escrow.relation_days", value=60, effective_from=now, reason="longer", actor=SYSTEM, now=now
        )
        assert [tie.to for tie in address_ties("cus_1")] == ["cus_1"]

    def test_the_statements_are_two(self, ines: staff.Person, django_assert_num_queries: object) -> None:
        self.signed_in(ines, "198.51.100.7")
        for number in range(10):
            attempt(f"cus_{number}", address="198.51.100.7")
        address_ties("cus_1")
        with django_assert_num_queries(2):
            assert len(address_ties(*(f"cus_{number}" for number in range(10)))) == 10
