"""/v1/fraud/rules: read what judges, write what might. Putting a draft into force needs a second person."""

from typing import Any, cast

from rest_framework.request import Request
from rest_framework.response import Response

from core import clock
from core.api import conditions
from core.api.owners import CLOSED
from core.api.requests import ApiRequest
from core.api.schema import describe
from core.api.views import ApiView
from fraud.api import serializers as wire
from fraud.models import RuleSet
from fraud.rules import definitions
from fraud.rules.definitions import Rule
from fraud.selectors import rule_sets as selector
from fraud.services import rule_sets


class RulesView(ApiView):
    scopes = {"GET": "fraud:read", "PUT": "fraud:write"}
    # One set of rules judges both modes: the users of a test issuer have no business with it.
    owned_by = {"GET": CLOSED, "PUT": CLOSED}
    etag = conditions.all_but("success", "timestamp")
    if_match = frozenset({"PUT"})
    max_body_bytes = 512 * 1024

    @describe("getFraudRules", summary="Get the fraud rules", answers={200: wire.RulesSerializer})
    def get(self, request: Request) -> Response:  # noqa: ARG002 (the view's shape)
        """The version that judges now, and the newest draft if there is one."""
        return Response({"success": True, **_rules(), "timestamp": clock.now()})

    @describe(
        "updateFraudRules",
        summary="Draft fraud rules",
        takes=wire.NewRulesSerializer,
        answers={200: wire.RuleSetAnswerSerializer},
        refusals=[rule_sets.InvalidRules],
    )
    def put(self, request: Request) -> Response:
        """Check the rules and keep them as a draft. A draft judges nothing until people put it into force."""
        call, now = cast("ApiRequest", request), clock.now()
        values = wire.NewRulesSerializer.read(request)
        drafted = rule_sets.draft(
            rules=[Rule(**rule) for rule in values["rules"]],
            note=values["note"],
            require_unchanged=lambda: call.condition.require(_rules()),
            actor=call.actor,
            now=now,
        )
        return Response({"success": True, **_shown(drafted), "timestamp": now})


def _rules() -> dict[str, Any]:
    """What `If-Match` of a new draft is about: the version that judges and the newest draft."""
    draft = selector.find_newest_draft()
    return {"active": _shown(selector.get_active()), "draft": _shown(draft) if draft else None}


def _shown(rule_set: RuleSet) -> dict[str, Any]:
    return {
        "version": rule_set.version,
        "state": rule_set.state,
        "rules": [rule.as_json() for rule in definitions.read(rule_set.rules)],
        "digest": rule_set.digest,
        "note": rule_set.note,
        "created_at": rule_set.created_at,
    }
