"""Lists: what an entry is, how long it lives, whom it names, and what it takes to let somebody past a review."""

from datetime import timedelta

import pytest
from django.db import Error, connection, transaction

from core.audit.models import AuditEntry
from core.database.refusals import refusal_name
from core.parameters import services as parameters
from fraud.approvals import lists as acts
from fraud.enums import Outcome
from fraud.identities import email_hash
from fraud.models import Assessment, List, ListEntry
from fraud.rules.lists import named
from fraud.selectors import lists as selector
from fraud.services import lists
from tests.factories import rules as factory
from tests.factories.rules import ANALYST, LEAD

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def add(now):
    def make(name="blocked_customers", value="cus_bad", *, days=30, livemode=False, **more):
        return lists.add(
            name=name, livemode=livemode, value=value, reason="chargebacks", expires_at=now + days * DAY,
            actor=ANALYST, now=now, **more,
        )  # fmt: skip

    return make


def named_now(now, *, livemode=False, **values):
    """The lists that name a payment, without those that do not."""
    found = named(selector.current_version(), values, livemode=livemode, now=now)
    return {name: values for name, values in found.items() if values}


class TestEntries:
    def test_an_entry_names_payments_from_the_moment_it_is_added(self, now, add):
        assert named_now(now, customer_id="cus_bad") == {}
        add()
        assert named_now(now, customer_id="cus_bad") == {"list_blocked_customers": ["cus_bad"]}
        assert named_now(now, customer_id="cus_good") == {}
        assert AuditEntry.objects.filter(action="fraud.list_entry.added").count() == 1

    def test_every_list_is_answered_so_that_no_rule_is_left_without_a_value(self, now):
        found = named(selector.current_version(), {}, livemode=False, now=now)
        assert found == {f"list_{name}": [] for name in List.objects.values_list("name", flat=True)}

    def test_it_ends_by_itself(self, now, add):
        add(days=2)
        assert named_now(now + 2 * DAY - timedelta(seconds=1), customer_id="cus_bad")
        assert named_now(now + 2 * DAY, customer_id="cus_bad") == {}

    def test_it_is_ended_early_for_a_reason_and_once(self, now, add):
        entry = add()
        with pytest.raises(lists.InvalidEntry, match="reason"):
            lists.end(entry_id=entry.entry_id, reason=" ", actor=ANALYST, now=now)
        lists.end(entry_id=entry.entry_id, reason="mistaken", actor=ANALYST, now=now)
        assert named_now(now, customer_id="cus_bad") == {}
        with pytest.raises(lists.EntryIsOver):
            lists.end(entry_id=entry.entry_id, reason="again", actor=ANALYST, now=now)

    def test_test_data_does_not_name_live_payments(self, now, add):
        add(livemode=False)
        assert named_now(now, livemode=True, customer_id="cus_bad") == {}

    def test_the_same_again_is_the_entry_in_force_and_a_longer_one_is_new(self, now, add):
        first = add(days=10)
        assert add(days=10) == first
        assert add(days=5) == first
        assert add(days=20) != first
        assert named_now(now + 15 * DAY, customer_id="cus_bad")

    @pytest.mark.parametrize("days", [0, -1, 366])
    def test_no_entry_is_for_ever(self, add, days):
        with pytest.raises(lists.InvalidEntry, match="ends within 365 days"):
            add(days=days)

    def test_the_longest_life_is_a_dated_parameter(self, now, add):
        parameters.change(
            name="fraud.list_entry_days", value=7, effective_from=now, reason="tight", actor=LEAD, now=now
        )
        with pytest.raises(lists.InvalidEntry, match="ends within 7 days"):
            add(days=8)

    def test_a_country_is_looked_for_in_all_four_places(self, now, add):
        add("risk_regions", "ng")
        for place in ("ip_country", "billing_country", "shipping_country", "issuer_country"):
            assert named_now(now, **{place: "NG"}) == {"list_risk_regions": ["NG"]}, place

    def test_an_email_address_is_kept_as_its_hash_only(self, now, add):
        entry = add("blocked_emails", "Mallory@Example.com")
        assert entry.value == email_hash("mallory@example.com")
        assert named_now(now, email_hash=email_hash("mallory@example.com")) == {"list_blocked_emails": [entry.value]}
        assert add("blocked_emails", entry.value, days=10) == entry

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("blocked_cards", "4111111111111111"),
            ("blocked_cards", "4111 1111 1111 1111"),
            ("blocked_customers", "4111111111111111"),
            ("blocked_devices", "4111111111111111"),
            ("blocked_cards", "12345678"),
            ("risk_bins", "41111"),
            ("risk_bins", "4111111"),
            ("blocked_addresses", "203.0.113.0/24"),
            ("blocked_addresses", "nowhere"),
            ("risk_regions", "USA"),
            ("blocked_emails", "nobody"),
            ("blocked_customers", ""),
        ],
    )
    def test_what_names_nothing_of_the_kind_is_refused(self, add, name, value):
        with pytest.raises(lists.InvalidEntry) as refused:
            add(name, value)
        assert refused.value.errors[0].pointer == "/value"
        assert not ListEntry.objects.exists()
        assert value == "" or value not in refused.value.detail


class TestAllowLists:
    def test_an_entry_takes_a_second_person(self, now, add):
        with pytest.raises(lists.EntryNeedsSignature):
            add("trusted_customers", "cus_good")
        entry = factory.allowed("cus_good", expires_at=now + 30 * DAY, now=now)
        assert named_now(now, customer_id="cus_good") == {"list_trusted_customers": ["cus_good"]}
        assert entry.added_by.startswith("STAFF:lead")

    def test_and_lives_for_a_shorter_time(self, now):
        factory.lead()
        with pytest.raises(lists.InvalidEntry, match="ends within 90 days"):
            factory.allowed("cus_good", expires_at=now + 91 * DAY, now=now)

    def test_the_database_asks_for_the_signature_of_this_very_entry(self, now):
        signed = factory.allowed("cus_good", expires_at=now + 30 * DAY, now=now)
        for approval_id, value in [("", "cus_other"), (signed.approval_id, "cus_other")]:
            with pytest.raises(Error) as refused, transaction.atomic():
                ListEntry.objects.create(
                    entry_id="lse_x", list=signed.list, livemode=False, value=value, reason="a shortcut",
                    approval_id=approval_id, added_by="x", added_at=now, expires_at=now + DAY,
                )  # fmt: skip
            assert refusal_name(refused.value) == "act_is_approved"

    def test_what_blocks_needs_none(self, now):
        with pytest.raises(lists.InvalidEntry, match="no allow list"):
            acts.ask_entry(
                name="blocked_customers", livemode=False, value="cus_x", reason="x", expires_at=now + DAY,
                actor=ANALYST, now=now,
            )  # fmt: skip


class TestLists:
    def test_a_new_list_can_be_asked_by_rules_at_once(self, now):
        lists.create(
            name="slow_payers", kind="CUSTOMER", effect="RISK", purpose="They pay late", owner=str(ANALYST),
            actor=ANALYST, now=now,
        )  # fmt: skip
        made = factory.drafted([factory.rule(expression="customer_id in list_slow_payers")], now=now)
        assert made.version == 2

    @pytest.mark.parametrize(
        ("changes", "field"),
        [
            ({"name": "No"}, "/name"),
            ({"name": "blocked_cards"}, "/name"),
            ({"kind": "PHONE"}, "/kind"),
            ({"effect": "IGNORE"}, "/effect"),
            ({"purpose": " "}, "/purpose"),
        ],
    )
    def test_what_is_no_list_is_refused_with_the_field(self, now, changes, field):
        given = {"name": "slow_payers", "kind": "CUSTOMER", "effect": "RISK", "purpose": "They pay late", **changes}
        with pytest.raises(lists.InvalidList) as refused:
            lists.create(**given, owner=str(ANALYST), actor=ANALYST, now=now)
        assert refused.value.errors[0].pointer == field

    @pytest.mark.parametrize("change", [{"effect": "ALLOW"}, {"kind": "IP"}, {"name": "friends"}])
    def test_it_keeps_its_terms(self, change):
        """A block list that became an allow list would let everybody on it past."""
        with pytest.raises(Error) as refused, transaction.atomic():
            List.objects.filter(name="blocked_customers").update(**change)
        assert refusal_name(refused.value) == "list_keeps_its_terms"

    def test_an_entry_only_ends(self, now, add):
        entry = add()
        for change in ({"value": "cus_other"}, {"expires_at": now + 300 * DAY}, {"reason": "other"}):
            with pytest.raises(Error) as refused, transaction.atomic():
                ListEntry.objects.filter(pk=entry.pk).update(**change)
            assert refusal_name(refused.value) == "list_entry_only_ends"
        lists.end(entry_id=entry.entry_id, reason="over", actor=ANALYST, now=now)
        with pytest.raises(Error) as refused, transaction.atomic():
            ListEntry.objects.filter(pk=entry.pk).update(ended_at=None, ended_by="", ended_reason="")
        assert refusal_name(refused.value) == "list_entry_only_ends"


class TestVersion:
    def test_counts_with_every_change_and_is_never_given_twice(self, now, add):
        """A change that was undone leaves no number behind that another change would get: caches go by it."""
        seen = [selector.current_version()]
        with pytest.raises(ZeroDivisionError), transaction.atomic():
            add(value="cus_undone")
            seen.append(selector.current_version())
            raise ZeroDivisionError
        entry = add()
        seen.append(selector.current_version())
        lists.end(entry_id=entry.entry_id, reason="over", actor=ANALYST, now=now)
        seen.append(selector.current_version())
        assert len(set(seen)) == 4
        assert named_now(now, customer_id="cus_undone") == {}

    def test_is_all_that_is_read_until_something_changes(self, now, add, django_assert_num_queries):
        add()
        named_now(now, customer_id="cus_bad")
        with django_assert_num_queries(1):
            assert named_now(now, customer_id="cus_bad")


def unlisted(now, number):
    return Assessment(**stored(now, assessment_id=f"fra_u{number}", hits=[{"code": "high_value_rule"}]))


def assessed(now, **changes):
    """A stored decision in which a list had a part."""
    return Assessment.objects.create(**stored(now, assessment_id=f"fra_{Assessment.objects.count()}", **changes))


def stored(now, **changes):
    hit = {"code": "blocked_party_rule", "points": 600, "lists": ["list_blocked_customers"],
           "thresholds": {"list_blocked_customers": ["cus_bad"], "list_blocked_sellers": []}}  # fmt: skip
    return {
        "livemode": False, "customer_id": "cus_bad",
        "amount_minor": 5_000, "currency": "USD", "inputs": {}, "features": {}, "thresholds": {}, "hits": [hit],
        "not_evaluated": [], "reason_codes": [], "rule_set_version": 1, "base_score": 125, "approve_up_to": 300,
        "review_up_to": 700, "block_up_to": 900, "score": 725, "outcome": Outcome.BLOCK, "evaluation_us": 1,
        "created_at": now, **changes,
    }  # fmt: skip


class TestWhatAnEntryDid:
    def test_is_counted_from_decisions_while_it_was_in_force(self, now, add):
        entry = add(days=2)
        assessed(now)
        assessed(now + DAY)
        assessed(now - DAY)
        assessed(now + 3 * DAY)
        assessed(now, livemode=True)
        assessed(now, hits=[])
        counted = selector.count_hits([entry])[entry.entry_id]
        assert counted == (2, now + DAY)
        assert selector.decisions_of(entry).count() == 2

    def test_it_is_found_by_index(self, now, add):
        """Few decisions are named by any list: nobody reads the others."""
        entry = add()
        Assessment.objects.bulk_create([unlisted(now, number) for number in range(3_000)])
        assessed(now)
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE fraud_assessment")
        assert "assessment_by_listed" in selector.decisions_of(entry).explain()
        assert selector.decisions_of(entry).count() == 1
