"""What judges a payment at this moment, in one small statement. Contents are kept in the process by version."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import Error, connection

from fraud.decisions import AssessmentRequest
from fraud.enums import HeldBackReason, ModelState, RuleSetState
from fraud.rules.scoring import Hold
from fraud.selectors.rule_sets import RuleSetNotFound

# One row of columns, each of which the index of its table answers alone. A part that is added is one more column.
_COLUMNS = {
    "rule_set": "(SELECT json_build_array(version, digest, state) FROM fraud_ruleset WHERE state = 'ACTIVE')",
    "candidate": "(SELECT json_build_array(version, digest, state, share) FROM fraud_ruleset"
    " WHERE state IN ('SHADOW', 'SHARED'))",
    "models": "(SELECT json_object_agg(state, name) FROM fraud_modelversion WHERE state IN ('CHAMPION', 'CHALLENGER'))",
    "lists": "(SELECT number FROM fraud_listversion)",
    "held_back": "(SELECT json_agg(json_build_array(code, reason, held_by))"
    " FROM fraud_held_back(%s, %s, %s, %s, %s, %s))",
}
# One message, in a savepoint: as the read of history, it fails alone (`fraud.selectors.history`).
_READ = """
SAVEPOINT fraud_in_force;
SELECT {columns};
RELEASE SAVEPOINT fraud_in_force
""".format(columns=", ".join(f"{expression} AS {name}" for name, expression in _COLUMNS.items()))
_UNDO = "ROLLBACK TO SAVEPOINT fraud_in_force; RELEASE SAVEPOINT fraud_in_force"


@dataclass(frozen=True, slots=True)
class Version:
    """A version of the rules and the digest of its content; `share` of the customers in hundredths of a percent."""

    version: int
    digest: str
    state: RuleSetState
    share: int = 0


@dataclass(frozen=True, slots=True)
class InForce:
    """`lists` is the number of the last change of any list, `held_back` what has no effect on this payment, by rule.

    `champion` and `challenger` are names of models, empty where there is none.
    """

    rule_set: Version
    candidate: Version | None
    champion: str
    challenger: str
    lists: int
    held_back: Mapping[str, Hold]


def read(request: AssessmentRequest, *, now: datetime) -> InForce:
    """For one payment, in a transaction, which survives a failure.

    Raises RuleSetNotFound where no version is active, django.db.Error.
    """
    entities = [request.payer_id, request.card_fingerprint, request.device_id, request.payee_id]
    with connection.cursor() as cursor:
        try:
            cursor.execute(_READ, [request.livemode, *entities, now])
        except Error:
            cursor.execute(_UNDO)
            raise
        cursor.nextset()
        row = dict(zip(_COLUMNS, cursor.fetchone() or (), strict=True))
    active = _version(row["rule_set"])
    if active is None:
        raise RuleSetNotFound("no version is active")
    return InForce(
        rule_set=active,
        candidate=_version(row["candidate"]),
        champion=(row["models"] or {}).get(ModelState.CHAMPION, ""),
        challenger=(row["models"] or {}).get(ModelState.CHALLENGER, ""),
        lists=row["lists"] or 0,
        held_back={code: Hold(HeldBackReason(reason), by) for code, reason, by in row["held_back"] or ()},
    )


def _version(found: Any) -> Version | None:
    if found is None:
        return None
    version, digest, state, *share = found
    return Version(version, digest, RuleSetState(state), next(iter(share), None) or 0)
