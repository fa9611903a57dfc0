"""Parties in the search box; their pages are the rows and their payments."""

from django.http import HttpRequest
from django.urls import reverse

from compliance.enums import PartyType
from compliance.models import Party
from core import console, ids

VIEW, BLOCK = "compliance.view_party", "compliance.block_party"


@console.finds("Parties", permission=VIEW)
def find_parties(request: HttpRequest, text: str) -> list[console.Hit]:
    """By the whole id, among the parties of the mode."""
    if not ids.PARTY_ID.match(text):
        return []
    party = next(iter(Party.objects.filter(livemode=console.is_live(request), party_id=text)), None)
    if party is None:
        return []
    row = reverse("admin:compliance_party_change", args=[party.pk])
    role = "customer" if party.type == PartyType.CUSTOMER else "provider"
    found = [
        console.Hit(party.party_id, row, f"{role} · {party.status.lower()}", "id of the party"),
        console.Hit("Payments", f"{reverse('admin:payments')}?{role}={party.party_id}", f"with this {role}"),
    ]
    if request.user.has_perm(BLOCK):
        standing = reverse("admin:party_standing", args=[party.party_id])
        found.append(console.Hit("Standing", standing, f"block or lift · {party.status.lower()}", f"of this {role}"))
    return found
