"""How probable fraud is in each band of the score: as shipped, or as the labels of late have it."""

from datetime import datetime, timedelta

from django.db import connection

from core.parameters import services as parameters
from fraud.priority import BASIS_POINTS

# One label a payment: the strongest, then the newest. Each payment's own score decides its band.
_COUNTS = """
SELECT width_bucket(judged.score, %s::int[]) AS band, count(*), count(*) FILTER (WHERE counted.is_fraud)
  FROM (SELECT DISTINCT ON (payment_id) payment_id, is_fraud FROM fraud_label
         WHERE event_at > %s AND event_at <= %s AND known_at <= %s
         ORDER BY payment_id, strength DESC, known_at DESC, id DESC) AS counted
  JOIN LATERAL (SELECT score FROM fraud_assessment
                 WHERE payment_id = counted.payment_id AND score IS NOT NULL ORDER BY id DESC LIMIT 1) AS judged ON true
 GROUP BY band
"""


def read(*, as_of: datetime) -> list[list[int]]:
    """`[highest score, basis points]`, rising. A band with too few labels keeps what is shipped."""
    shipped = parameters.read("fraud.loss_by_score", at=as_of)
    enough = parameters.read("fraud.loss_minimum_labels", at=as_of)
    since = as_of - timedelta(days=parameters.read("fraud.loss_label_days", at=as_of))
    # width_bucket counts from the lower bound of each band, which is one above the top of the one before.
    lower = [0, *(top + 1 for top, _ in shipped[:-1])]
    with connection.cursor() as cursor:
        cursor.execute(_COUNTS, [lower, since, as_of, as_of])
        counted = {band - 1: (total, fraud) for band, total, fraud in cursor.fetchall()}
    return [
        [top, fraud * BASIS_POINTS // total if total >= enough else share]
        for (top, share), (total, fraud) in ((band, counted.get(index, (0, 0))) for index, band in enumerate(shipped))
    ]
