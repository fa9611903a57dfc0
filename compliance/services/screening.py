"""May these parties deal with each other? Standing now; lists and identity checks join here as they are built.

What is found is for compliance alone. Callers say no without a reason: a reason may tip somebody off.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from compliance.enums import PartyStatus, Verification
from compliance.models import Party
from core import ids
from core.parameters import services as parameters


@dataclass(frozen=True, slots=True)
class Screening:
    """`risk_score` 0 to 1000. `kyc_flags` name parties whose identity nobody verified."""

    passed: bool
    risk_score: int
    aml_flags: tuple[str, ...]
    kyc_flags: tuple[str, ...]


def screen(parties: Iterable[Party], *, now: datetime) -> Screening:
    there = list(parties)
    unverified = [party for party in there if party.verification != Verification.VERIFIED]
    points = parameters.read("compliance.unverified_party_points", at=now) * len(unverified)
    return Screening(
        passed=all(party.status == PartyStatus.ACTIVE for party in there),
        risk_score=min(points, 1000),
        aml_flags=(),
        kyc_flags=tuple(f"PARTY_UNVERIFIED:{party.party_id}" for party in unverified),
    )


@dataclass(frozen=True, slots=True)
class NameScreening:
    """What sanctions lists say of names. `was_screened` False: no list is imported, so nobody was screened.

    `match_score` is 0 to 1. The names that matched are those of the list.
    """

    screening_id: str
    was_screened: bool
    is_match: bool
    match_score: float
    matched_names: tuple[str, ...]


def screen_names(names: Iterable[str], *, livemode: bool, now: datetime) -> NameScreening:
    """Test data is screened against the documented list of the sandbox; for live data no list is imported yet."""
    screening_id = ids.prefixed("ofac", now)
    if livemode:
        return NameScreening(screening_id, was_screened=False, is_match=False, match_score=0.0, matched_names=())
    listed = {_plain(name): str(name) for name in parameters.read("compliance.sandbox_sanctioned_names", at=now)}
    found = tuple(sorted({listed[_plain(name)] for name in names if _plain(name) in listed}))
    score = 1.0 if found else 0.0
    return NameScreening(screening_id, was_screened=True, is_match=bool(found), match_score=score, matched_names=found)


def _plain(name: str) -> str:
    return " ".join(name.lower().split())
