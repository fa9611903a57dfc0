"""Who signs for whom: two people who keep signing what the other asks for are one pair of eyes.

Counted are executed requests and the signatures of the revision that was executed.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Count, F, Q, QuerySet

from core.approvals import parameters, relations
from core.approvals.models import ApprovalRequest, Signature, Verdict
from core.approvals.parameters import Reciprocity
from core.approvals.relations import Tie
from core.approvals.states import State

STAFF = "STAFF:"


@dataclass(frozen=True, slots=True)
class Half:
    """Of `total` requests the signer signed, `count` were the asker's."""

    signer: str
    asker: str
    count: int
    total: int

    @property
    def share_percent(self) -> int:
        """Rounded down."""
        return self.count * 100 // self.total if self.total else 0


@dataclass(frozen=True, slots=True)
class Pair:
    """E-mails of two people, in alphabetical order of the first half's signer."""

    one: Half
    other: Half

    @property
    def fewest(self) -> int:
        return min(self.one.count, self.other.count)

    def is_too_close(self, terms: Reciprocity) -> bool:
        """Above the rate in both directions: neither signs for the other."""
        return all(
            half.count >= terms.least and half.count * 100 >= half.total * terms.share_percent
            for half in (self.one, self.other)
        )


def list_all(*, since: datetime, among: Iterable[str] | None = None) -> list[Pair]:
    """Everybody one of whom signed for the other, those who do it most for each other first. One statement.

    With `among` only what these signed is read: pairs with anybody else are not whole then.
    """
    counts, totals = _counts(since, among)
    names = {tuple(sorted(both)) for both in counts}
    pairs = [
        Pair(*(Half(signer, asker, counts[signer, asker], totals[signer]) for signer, asker in (both, both[::-1])))
        for both in names
    ]
    return sorted(pairs, key=lambda pair: (-pair.fewest, -pair.one.count - pair.other.count, pair.one.signer))


def requests_of(one: str, other: str, *, since: datetime) -> QuerySet[ApprovalRequest]:
    """What the numbers of a pair are made of."""
    halves = [
        Q(asked_by=f"{STAFF}{asker}", pk__in=_signed(since).filter(signer__email=signer).values("request"))
        for signer, asker in ((one, other), (other, one))
    ]
    return ApprovalRequest.objects.filter(halves[0] | halves[1])


@relations.source("reciprocal")
def reciprocal_ties(*, people: frozenset[str], names: frozenset[str], on: date) -> Iterable[Tie]:
    """One statement; none where nobody is named but parties."""
    askers = frozenset(name for name in names if "@" in name)
    if not askers:
        return
    terms = parameters.reciprocity(on)
    for pair in list_all(since=terms.since, among=people | askers):
        if pair.is_too_close(terms):
            for half in (pair.one, pair.other):
                if half.signer in people and half.asker in askers:
                    yield Tie(half.signer, half.asker, _words(pair, terms))


def _words(pair: Pair, terms: Reciprocity) -> str:
    one, other = sorted((pair.one.count, pair.other.count))
    return f"they sign for each other too often, {one} and {other} times in {terms.days} days"


def _counts(since: datetime, among: Iterable[str] | None) -> tuple[Counter[tuple[str, str]], Counter[str]]:
    """By (signer, asker) of the staff, and by signer whoever asked."""
    signed = _signed(since)
    if among is not None:
        signed = signed.filter(signer__email__in=frozenset(among))
    counts: Counter[tuple[str, str]] = Counter()
    totals: Counter[str] = Counter()
    rows = signed.values_list("signer__email", "request__asked_by").annotate(Count("pk")).order_by()
    for signer, asked_by, count in rows:
        totals[signer] += count
        if asked_by.startswith(STAFF):
            counts[signer, asked_by.removeprefix(STAFF)] += count
    return counts, totals


def _signed(since: datetime) -> QuerySet[Signature]:
    return Signature.objects.filter(
        verdict=Verdict.SIGN, signed_at__gte=since, request__state=State.EXECUTED, revision=F("request__revision")
    )
