"""Which entries of which lists name a payment."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from fraud.enums import ListKind
from fraud.rules.catalogue import LIST_PREFIX
from fraud.selectors import lists

# The variables whose text an entry of each kind is compared with.
VARIABLES_OF: dict[str, tuple[str, ...]] = {
    ListKind.CUSTOMER: ("customer_id",),
    ListKind.SELLER: ("seller_id",),
    ListKind.CARD: ("card_fingerprint",),
    ListKind.BIN: ("card_bin",),
    ListKind.DEVICE: ("device_id",),
    ListKind.EMAIL: ("email_hash",),
    ListKind.IP: ("ip_address",),
    ListKind.COUNTRY: ("ip_country", "billing_country", "shipping_country", "issuer_country"),
}


def named(version: int, values: Mapping[str, Any], *, livemode: bool, now: datetime) -> dict[str, list[str]]:
    """For every list, under the name that rules use, the values of entries in force that this payment has too.

    A rule can only ask whether one of the payment's own texts is in a list, so this much decides the same as the whole
    list, and a decision that stores it can be made again after the list has changed. `version` is
    `fraud.selectors.lists.current_version()`, read in the transaction of the decision; `values` are variables of the
    catalogue. One read per process and version, none otherwise.
    """
    found: dict[str, list[str]] = {}
    for each in lists.contents(version):
        entries = each.entries(livemode=livemode)
        texts = {values.get(variable) for variable in VARIABLES_OF[each.kind]}
        found[LIST_PREFIX + each.name] = sorted(
            text for text in texts if text is not None and text in entries and entries[text] > now
        )
    return found
