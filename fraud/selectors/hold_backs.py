"""Rules that have no effect: for everybody, or for one customer, card, device or seller."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from django.db import connection
from django.db.models import BooleanField, QuerySet
from django.db.models.expressions import RawSQL

from core.errors import Refusal
from fraud.enums import HeldBackReason
from fraud.models import Assessment, RulePause, Suppression
from fraud.rules.scoring import Hold

MOST_HIDDEN = 1_000


class SuppressionNotFound(Refusal):
    code = "SUPPRESSION_NOT_FOUND"
    status = 404
    title = "No such suppression"


class Hidden(NamedTuple):
    """What a suppression or a pause hid: decisions, at most 1,000, their money by currency, and what they were.

    `fraud` and `genuine` are payments whose strongest label says so by now; the others are not known yet.
    """

    decisions: int
    amount_minor: int
    currency: str
    fraud: int
    genuine: int
    fraud_minor: int


def held_back(
    *,
    livemode: bool,
    customer_id: str,
    card_fingerprint: str | None,
    device_id: str | None,
    seller_id: str | None,
    now: datetime,
) -> dict[str, Hold]:
    """By rule code, what of the rules has no effect on a payment with these entities. One statement."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT code, reason, held_by FROM fraud_held_back(%s, %s, %s, %s, %s, %s)",
            [livemode, customer_id, card_fingerprint, device_id, seller_id, now],
        )
        return {code: Hold(HeldBackReason(reason), by) for code, reason, by in cursor.fetchall()}


def list_paused() -> list[RulePause]:
    """Pauses that last, oldest first."""
    return list(RulePause.objects.filter(resumed_at__isnull=True).order_by("id"))


def find_pause(*, code: str) -> RulePause | None:
    """The pause of a rule that lasts."""
    return RulePause.objects.filter(code=code, resumed_at__isnull=True).first()


def all_suppressions(*, livemode: bool) -> QuerySet[Suppression]:
    """Newest first by key, those that are over too."""
    return Suppression.objects.filter(livemode=livemode)


def get_suppression(*, suppression_id: str) -> Suppression:
    """Raises SuppressionNotFound."""
    found = Suppression.objects.filter(suppression_id=suppression_id).first()
    if found is None:
        raise SuppressionNotFound(f"no suppression is named {suppression_id[:40]}")
    return found


def find_suppression(*, livemode: bool, code: str, kind: str, value: str, now: datetime) -> Suppression | None:
    """The one in force for this rule and entity."""
    rows = Suppression.objects.filter(livemode=livemode, code=code, kind=kind, value=value, ended_at__isnull=True)
    return rows.filter(expires_at__gt=now).order_by("-expires_at").first()


def decisions_hidden_by(by: str) -> QuerySet[Assessment]:
    """Decisions in which a pause or suppression held a rule back; newest first by key, by index."""
    some = RawSQL("held_back <> '[]'::jsonb", (), output_field=BooleanField())
    return Assessment.objects.filter(some, held_back__contains=[{"by": by}])


def hidden_by(ids: Sequence[str]) -> dict[str, list[Hidden]]:
    """What each pause or suppression hid, a line per currency: one statement, by index."""
    found: dict[str, list[Hidden]] = {}
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT wanted.by, a.currency, count(*), sum(a.amount_minor),
                   count(*) FILTER (WHERE l.is_fraud), count(*) FILTER (WHERE NOT l.is_fraud),
                   coalesce(sum(a.amount_minor) FILTER (WHERE l.is_fraud), 0)
              FROM unnest(%s::text[]) AS wanted (by)
             CROSS JOIN LATERAL (
                   SELECT livemode, payment_id, amount_minor, currency FROM fraud_assessment
                    WHERE held_back <> '[]'::jsonb
                      AND held_back @> jsonb_build_array(jsonb_build_object('by', wanted.by))
                    LIMIT %s) AS a
              LEFT JOIN LATERAL (
                   SELECT is_fraud FROM fraud_label
                    WHERE livemode = a.livemode AND payment_id = a.payment_id
                    ORDER BY strength DESC, known_at DESC LIMIT 1) AS l ON true
             GROUP BY wanted.by, a.currency ORDER BY wanted.by, a.currency
            """,
            [list(ids), MOST_HIDDEN],
        )
        for by, currency, decisions, amount, fraud, genuine, fraud_minor in cursor.fetchall():
            line = Hidden(decisions, int(amount), currency, fraud, genuine, int(fraud_minor))
            found.setdefault(by, []).append(line)
    return found
