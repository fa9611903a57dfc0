"""Two people who sign what the other asks for are one pair of eyes: from five each way and half of all they sign."""

from datetime import date, datetime, timedelta

import pytest
from django.test import Client
from django.utils import timezone

from core.actors import SYSTEM, Actor
from core.approvals import parameters, relations, selectors
from core.approvals.models import Signature
from core.approvals.refusals import NobodyCanSign, NotAllowedToSign
from core.approvals.selectors import pairs
from core.approvals.services import ask, execute_again
from core.parameters import services as dated
from tests.factories import staff
from tests.factories.approvals import RenameABook, signed

pytestmark = pytest.mark.django_db

Two = tuple[staff.Person, staff.Person]


@pytest.fixture
def two(db: None) -> Two:
    """Both could ask and sign; only the engine keeps them apart."""
    return (
        staff.person("CONTROLLER", email="ines@holdfast.example", full_name="Ines Duarte"),
        staff.person("CONTROLLER", email="yuki@holdfast.example", full_name="Yuki Tanaka"),
    )


def sign_for(book: RenameABook, asker: staff.Person | Actor, signer: staff.Person, times: int) -> None:
    actor = asker if isinstance(asker, Actor) else Actor("STAFF", asker.user.email, frozenset({"TREASURY"}))
    for _ in range(times):
        request = ask(
            action="tests.rename", subject="book_1", given={"title": "x"}, reason="y", actor=actor, now=timezone.now()
        )
        assert signed(request, signer).state == "EXECUTED"


def ties(*, people: set[str], names: set[str], on: date | None = None) -> list[relations.Tie]:
    found = pairs.reciprocal_ties(people=frozenset(people), names=frozenset(names), on=on or timezone.now().date())
    return sorted(found)


def test_five_each_way_is_too_often(book: RenameABook, two: Two) -> None:
    """The tenth signature still counts, the eleventh is refused: what is counted is done."""
    ines, yuki = two
    sign_for(book, ines, yuki, 5)
    sign_for(book, yuki, ines, 5)
    staff.person("CONTROLLER")
    request = ask(
        action="tests.rename", subject="book_1", given={"title": "x"}, reason="y",
        actor=Actor("STAFF", ines.user.email, frozenset({"TREASURY"})), now=timezone.now(),
    )  # fmt: skip
    with pytest.raises(NotAllowedToSign, match="sign for each other too often, 5 and 5 times in 90 days"):
        signed(request, yuki)
    assert signed(request, staff.person("CONTROLLER")).state == "EXECUTED"


def test_nobody_else_and_it_is_not_even_asked(book: RenameABook, two: Two) -> None:
    sign_for(book, two[0], two[1], 5)
    sign_for(book, two[1], two[0], 5)
    with pytest.raises(NobodyCanSign):
        sign_for(book, two[0], two[1], 1)


def test_one_way_is_no_pair(book: RenameABook, two: Two) -> None:
    """Treasury asks, the controller signs: forty times, and nothing is wrong with it."""
    sign_for(book, two[0], two[1], 40)
    sign_for(book, two[1], two[0], 4)
    assert ties(people={"yuki@holdfast.example"}, names={"ines@holdfast.example"}) == []


@pytest.mark.parametrize(("others", "are_too_close"), [(5, True), (6, False)])
def test_half_of_what_each_signs(book: RenameABook, two: Two, others: int, are_too_close: bool) -> None:
    """5 of 10 is half, 5 of 11 is less. What the program asked for counts to the whole."""
    sign_for(book, two[0], two[1], 5)
    sign_for(book, two[1], two[0], 5)
    sign_for(book, SYSTEM, two[1], others)
    found = ties(people={"yuki@holdfast.example"}, names={"ines@holdfast.example", "prov_1"})
    assert bool(found) == are_too_close


def test_both_directions_and_only_of_those_asked_about(book: RenameABook, two: Two) -> None:
    sign_for(book, two[0], two[1], 5)
    sign_for(book, two[1], two[0], 5)
    both = {person.user.email for person in two}
    assert [(tie.email, tie.to) for tie in ties(people=both, names=both)] == [
        ("ines@holdfast.example", "yuki@holdfast.example"), ("yuki@holdfast.example", "ines@holdfast.example"),
    ]  # fmt: skip
    assert ties(people={"robin@holdfast.example"}, names=both) == []


def test_what_is_open_or_long_ago_does_not_count(book: RenameABook, two: Two) -> None:
    sign_for(book, two[0], two[1], 5)
    sign_for(book, two[1], two[0], 4)
    book.refuse = "the printer is on strike"
    waiting = ask(
        action="tests.rename", subject="book_1", given={"title": "x"}, reason="y",
        actor=Actor("STAFF", two[1].user.email, frozenset({"TREASURY"})), now=timezone.now(),
    )  # fmt: skip
    assert signed(waiting, two[0]).state == "PENDING"
    both = {person.user.email for person in two}
    assert ties(people=both, names=both) == []
    book.refuse = ""
    execute_again(request_id=waiting.request_id, user=two[0].user, now=timezone.now())
    assert len(ties(people=both, names=both)) == 2
    today = timezone.now().date()
    assert len(ties(people=both, names=both, on=today + timedelta(days=90))) == 2
    assert ties(people=both, names=both, on=today + timedelta(days=91)) == []


def test_the_rate_is_dated(book: RenameABook, two: Two) -> None:
    sign_for(book, two[0], two[1], 5)
    sign_for(book, two[1], two[0], 5)
    now = timezone.now()
    dated.change(
        name="approvals.reciprocal_least", value=6, effective_from=now, reason="Small team", actor=SYSTEM, now=now
    )
    both = {person.user.email for person in two}
    assert ties(people=both, names=both) == []


def test_what_was_executed_stays_counted(book: RenameABook, two: Two) -> None:
    sign_for(book, two[0], two[1], 5)
    sign_for(book, two[1], two[0], 5)
    done = selectors.quorum.of(Signature.objects.latest("id").request, now=timezone.now())
    assert [standing.objection for standing in done.standings] == [""]


def test_one_statement_however_many(book: RenameABook, two: Two, django_assert_num_queries: object) -> None:
    sign_for(book, two[0], two[1], 2)
    terms = parameters.reciprocity(timezone.now().date())
    with django_assert_num_queries(1):
        pairs.list_all(since=terms.since)
    with django_assert_num_queries(1):
        ties(people={person.user.email for person in two}, names={f"p{number}@x.example" for number in range(50)})
    with django_assert_num_queries(0):
        ties(people={person.user.email for person in two}, names={"prov_1"})


class TestThePage:
    @pytest.fixture
    def auditor(self) -> Client:
        return staff.signed_in("AUDITOR")

    def test_counts_rates_and_what_they_are_made_of(self, book: RenameABook, two: Two, auditor: Client) -> None:
        sign_for(book, SYSTEM, two[1], 3)
        sign_for(book, two[0], two[1], 5)
        sign_for(book, two[1], two[0], 5)
        shown = auditor.get("/admin/approval-pairs/").content.decode()
        assert "ines@holdfast.example and yuki@holdfast.example" in shown
        assert "5 of 5, 100 %" in shown
        assert "5 of 8, 62 %" in shown
        assert "Stopped" in shown
        address = f"/admin/approval-pairs/{two[0].user.pk}/{two[1].user.pk}/"
        assert address in shown
        pair = auditor.get(address).content.decode()
        assert pair.count("Call book_1") == 10

    def test_most_mutual_first_and_states(self, book: RenameABook, two: Two) -> None:
        third = staff.person("CONTROLLER", email="abel@holdfast.example")
        sign_for(book, two[0], third, 4)
        sign_for(book, two[0], two[1], 3)
        sign_for(book, two[1], two[0], 3)
        since = datetime.min.replace(tzinfo=timezone.now().tzinfo)
        found = pairs.list_all(since=since)
        assert [(pair.one.signer[:4], pair.other.signer[:4], pair.fewest) for pair in found] == [
            ("ines", "yuki", 3), ("abel", "ines", 0),
        ]  # fmt: skip

    def test_longer_asks_no_more(
        self, book: RenameABook, two: Two, auditor: Client, django_assert_max_num_queries: object
    ) -> None:
        sign_for(book, two[0], two[1], 1)
        for number in range(6):
            sign_for(book, two[0], staff.person("CONTROLLER", email=f"c{number}@holdfast.example"), 1)
        auditor.get("/admin/approval-pairs/")
        with django_assert_max_num_queries(10):
            assert auditor.get("/admin/approval-pairs/").content.decode().count("1 of 1, 100 %") == 7

    def test_a_pair_of_nobody_is_not_there(self, two: Two, auditor: Client) -> None:
        assert auditor.get(f"/admin/approval-pairs/{two[0].user.pk}/0/").status_code == 404

    def test_not_for_everybody(self, two: Two) -> None:
        assert staff.signed_in("TREASURY").get("/admin/approval-pairs/").status_code == 403
