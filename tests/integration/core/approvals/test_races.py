"""Two last signatures at one moment, a signature and a change, a signature and a denial: one of them comes first."""

import threading
import time
from collections.abc import Callable

import pytest
from django.db import connection, transaction
from django.utils import timezone

from core.actors import SYSTEM
from core.approvals import selectors, services
from core.approvals.models import ApprovalRequest
from core.errors import Refusal
from core.staff.models import User
from tests.factories import staff
from tests.factories.approvals import ASKER, asked, book, code_of, signed

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def people() -> list[staff.Person]:
    return [staff.person("CONTROLLER"), staff.person("CONTROLLER"), staff.person("COMPLIANCE")]


def at_once(*acts: Callable[[], object]) -> list[object]:
    """Every act in a thread of its own, released together; what each returned or was refused with."""
    barrier, answers = threading.Barrier(len(acts)), [None] * len(acts)

    def run(number: int) -> None:
        barrier.wait()
        try:
            answers[number] = acts[number]()
        except Refusal as refused:
            answers[number] = refused
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(number,)) for number in range(len(acts))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
        assert not thread.is_alive()
    return answers


def signing(request: ApprovalRequest, person: staff.Person) -> Callable[[], object]:
    code = code_of(person)
    return lambda: signed(request, person, code=code)


@pytest.mark.parametrize("attempt", range(3))
def test_two_last_signatures_happen_once(people: list[staff.Person], attempt: int) -> None:
    """One place, two controllers: one signs and it is done, the other finds it closed or the place taken."""
    act, request = book(), asked()
    answers = at_once(signing(request, people[0]), signing(request, people[1]))
    assert len(act.done) == 1
    assert sorted(isinstance(answer, Refusal) for answer in answers) == [False, True]
    assert request.signatures.count() == 1


def test_the_two_signatures_needed_come_together(people: list[staff.Person]) -> None:
    """Neither is lost: whoever is second sees the first."""
    act = book(pages=500)
    request = asked()
    at_once(signing(request, people[0]), signing(request, people[2]))
    assert (len(act.done), selectors.get(request.request_id).state) == (1, "EXECUTED")


def test_a_signature_and_a_denial(people: list[staff.Person]) -> None:
    act, request = book(), asked()
    code = code_of(people[1])

    def deny() -> object:
        return services.deny(
            request_id=request.request_id, user=people[1].user, digest=request.digest, code=code, reason="No",
            device="x", origin="x", now=timezone.now(),
        )  # fmt: skip

    at_once(signing(request, people[0]), deny)
    state = selectors.get(request.request_id).state
    assert (state, len(act.done)) in [("EXECUTED", 1), ("DENIED", 0)]


def test_an_object_that_moves_on_and_voids_its_request_does_not_wait_for_a_signer_who_waits_for_it(
    people: list[staff.Person],
) -> None:
    """The effect locks the object, the program locks it and then voids: `hold` makes it one order."""
    act, request = book(), asked()
    owner, code = people[2].user, code_of(people[0])
    lock = lambda **_: User.objects.select_for_update().get(pk=owner.pk)  # noqa: E731  # the object, for this test
    act.hold = lock
    effect = act.effect
    act.effect = lambda execution: (lock(), effect(execution))

    def move_on() -> object:
        with transaction.atomic():
            lock()
            time.sleep(0.2)
            return services.void(request.request_id, reason="It moved on", actor=SYSTEM, now=timezone.now())

    answers = at_once(move_on, lambda: signed(request, people[0], code=code))
    state = selectors.get(request.request_id).state
    assert (state, len(act.done)) in [("EXECUTED", 1), ("VOIDED", 0)], answers
    assert sum(isinstance(answer, Refusal) for answer in answers) == 1


def test_one_code_in_two_windows_signs_once(people: list[staff.Person]) -> None:
    """Same person, same code, two requests."""
    act, first = book(), asked()
    act.shelf["book_2"] = {"title": "Untitled", "edition": 1, "pages": 100}
    second = services.ask(
        action="tests.rename", subject="book_2", given={"title": "x"}, reason="y",
        actor=ASKER, now=timezone.now(),
    )  # fmt: skip
    code = code_of(people[0])
    at_once(lambda: signed(first, people[0], code=code), lambda: signed(second, people[0], code=code))
    assert len(act.done) == 1


def test_the_same_question_asked_at_once_is_put_once(people: list[staff.Person]) -> None:
    book()
    answers = at_once(asked, asked, asked)
    assert sorted(type(answer).__name__ for answer in answers) == ["ApprovalRequest", "AskedAlready", "AskedAlready"]
