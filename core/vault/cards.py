"""Cards: checked, exchanged for a token, shown again only for a stated reason.

A card's verification code lives in `CardData` during one authorisation and nowhere else.
"""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import NoReturn

from django.db import transaction

from core import ids
from core.actors import Actor
from core.audit import services as audit
from core.database import statements
from core.errors import FieldError, Refusal
from core.telemetry import redaction
from core.vault import brands, envelope
from core.vault.models import StoredCard
from core.vault.purposes import Purpose

_DIGITS = re.compile(r"[0-9]{12,19}", re.ASCII)
_MONTH = re.compile(r"0[1-9]|1[0-2]", re.ASCII)
_YEAR = re.compile(r"[0-9]{4}", re.ASCII)
_CVC = re.compile(r"[0-9]{3,4}", re.ASCII)
_LONGEST_REASON = 500


class InvalidCardData(Refusal):
    code = "INVALID_CARD_DATA"
    status = 400
    title = "Invalid card number or expiry"


class CardDataEncryptionFailed(Refusal):
    """The vault could not lock or open the card: nothing was stored, nothing was charged."""

    code = "CARD_DATA_ENCRYPTION_FAILED"
    status = 500
    title = "Card data could not be encrypted"


class CardTokenNotFound(Refusal):
    code = "CARD_TOKEN_NOT_FOUND"
    status = 404
    title = "No such card token"


class UnableToReveal(Refusal):
    code = "REVEAL_REASON_REQUIRED"
    status = 400
    title = "A card is shown only for a stated reason"


class CardData:
    """A card as its holder typed it: strings of ASCII digits, month `MM`, year `YYYY`. Made for one call.

    It does not print, log, pickle or copy: every way out of memory but the attributes is shut.
    """

    __slots__ = ("cvc", "expiry_month", "expiry_year", "number")

    def __init__(self, number: str, expiry_month: str, expiry_year: str, cvc: str | None = None) -> None:
        self.number = number
        self.expiry_month = expiry_month
        self.expiry_year = expiry_year
        self.cvc = cvc

    def __repr__(self) -> str:
        return "CardData(hidden)"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, CardData) and all(
            getattr(self, name) == getattr(other, name) for name in CardData.__slots__
        )

    __hash__ = None  # type: ignore[assignment]

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise TypeError("card data is not written anywhere")


@dataclass(frozen=True, slots=True)
class CardToken:
    """What the rest of the program knows of a card. First six and last four are the most it may ever show.

    `token` is one party's card; `fingerprint` is one number in one mode, the same for every party that pays with it.
    """

    token: str
    fingerprint: str
    brand: str
    first6: str
    last4: str
    expiry_month: int
    expiry_year: int
    party_id: str | None
    livemode: bool
    created_at: datetime


@dataclass(frozen=True, slots=True)
class CardNames:
    """What a card is called, or will be if it is stored: `token` for one party, `fingerprint` for its number."""

    token: str
    fingerprint: str


def brand(card: CardData) -> str:
    """The brand's name, `unknown` for digits of no brand we take."""
    found = brands.of(card.number)
    return found.name if found else "unknown"


def validate(card: CardData, now: datetime, *, cvc_required: bool = False) -> None:
    """Raises InvalidCardData with every field that is wrong. A card is good through its last month (UTC)."""
    errors = [*_number_errors(card.number), *_expiry_errors(card, now), *_cvc_errors(card, cvc_required)]
    if errors:
        raise InvalidCardData(errors=tuple(errors))


def name(*, card: CardData, party_id: str | None, livemode: bool, now: datetime) -> CardNames:
    """The names this card has, new ones where it has none yet. Stores nothing; give them to `tokenise`.

    One read. Raises CardDataEncryptionFailed.
    """
    try:
        indexes = _indexes(card, party_id=party_id, livemode=livemode)
    except envelope.VaultUnavailable as error:
        raise CardDataEncryptionFailed from error
    [(token, fingerprint)] = statements.fetch_all("SELECT token, fingerprint FROM vault_names(%s, %s)", [*indexes])
    return CardNames(token or ids.prefixed("tok", now), fingerprint or ids.prefixed("card", now))


def tokenise(
    *,
    card: CardData,
    party_id: str | None,
    livemode: bool,
    actor: Actor,
    now: datetime,
    names: CardNames | None = None,
) -> CardToken:
    """The token of this card for this party; the same number and expiry give the same token again.

    `names` are what a card that is new is called. One statement, in the caller's transaction where there is one.
    Raises InvalidCardData, CardDataEncryptionFailed.
    """
    validate(card, now)
    new = names or CardNames(ids.prefixed("tok", now), ids.prefixed("card", now))
    token = new.token
    known = {"brand": brand(card), "first6": card.number[:6], "last4": card.number[-4:]}
    month, year = int(card.expiry_month), int(card.expiry_year)
    try:
        ciphertext = envelope.encrypt(
            purpose=Purpose.PAYMENT,
            plaintext=card.number.encode(),
            context=_context(token=token, party_id=party_id, livemode=livemode),
        )
        indexes = _indexes(card, party_id=party_id, livemode=livemode)
    except envelope.VaultUnavailable as error:
        raise CardDataEncryptionFailed from error
    [(kept, fingerprint, created_at)] = statements.fetch_all(
        "SELECT token, fingerprint, created_at"
        " FROM vault_tokenise(%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
        [
            *indexes, token, new.fingerprint, party_id, livemode, *known.values(), month, year,
            ciphertext, str(actor), now,
        ],
    )  # fmt: skip
    return CardToken(
        token=kept,
        fingerprint=fingerprint,
        **known,
        expiry_month=month,
        expiry_year=year,
        party_id=party_id,
        livemode=livemode,
        created_at=created_at,
    )


def _indexes(card: CardData, *, party_id: str | None, livemode: bool) -> tuple[bytes, bytes]:
    """Of this party's card, and of the number alone. They begin differently, so one is never the other."""
    mode = "live" if livemode else "test"
    expiry = f"{int(card.expiry_year):04d}-{int(card.expiry_month):02d}"
    return (
        envelope.blind_index(purpose=Purpose.PAYMENT, value=f"{mode}/{expiry}/{card.number}/{party_id or ''}"),
        envelope.blind_index(purpose=Purpose.PAYMENT, value=f"number/{mode}/{card.number}"),
    )


def find(token: str) -> CardToken | None:
    """What may be shown of a card."""
    row = StoredCard.objects.defer("ciphertext").filter(pk=token).first()
    return _token_of(row) if row else None


def reveal(*, token: str, reason: str, actor: Actor, now: datetime, livemode: bool) -> CardData:
    """The card in clear, without a verification code, for one authorisation or one permitted person.

    Success and failure are both audited. Raises UnableToReveal without a reason, CardTokenNotFound,
    CardDataEncryptionFailed.
    """
    stated = redaction.scrub(reason.strip())[:_LONGEST_REASON]
    if not stated:
        raise UnableToReveal
    row = StoredCard.objects.filter(pk=token, livemode=livemode).first()
    try:
        if row is None:
            raise CardTokenNotFound
        number = _decrypt(row)
    except Refusal as refusal:
        # An unknown token is not repeated in the audit: people paste card numbers into every field there is.
        subject, details = (row.token if row else "unknown"), {"reason": stated, "code": refusal.code}
        _audit_reveal(subject=subject, actor=actor, now=now, details=details, result="FAILURE")
        raise
    _audit_reveal(subject=row.token, actor=actor, now=now, details={"reason": stated}, result="SUCCESS")
    return CardData(number, f"{row.expiry_month:02d}", f"{row.expiry_year:04d}")


def _decrypt(row: StoredCard) -> str:
    try:
        return envelope.decrypt(
            purpose=Purpose.PAYMENT,
            ciphertext=bytes(row.ciphertext),
            context=_context(token=row.token, party_id=row.party_id, livemode=row.livemode),
        ).decode()
    except (envelope.VaultUnavailable, envelope.UnableToOpen) as error:
        raise CardDataEncryptionFailed("Card data could not be decrypted") from error


def _audit_reveal(*, subject: str, actor: Actor, now: datetime, details: dict[str, str], result: str) -> None:
    with transaction.atomic():
        audit.record(actor=actor, action="vault.card.revealed", subject=subject, at=now, details=details, result=result)


def _token_of(row: StoredCard) -> CardToken:
    return CardToken(
        token=row.token,
        fingerprint=row.fingerprint,
        brand=row.brand,
        first6=row.first6,
        last4=row.last4,
        expiry_month=row.expiry_month,
        expiry_year=row.expiry_year,
        party_id=row.party_id,
        livemode=row.livemode,
        created_at=row.created_at,
    )


def _context(*, token: str, party_id: str | None, livemode: bool) -> dict[str, str]:
    return {
        "table": "vault_storedcard",
        "row": token,
        "party": party_id or "",
        "mode": "live" if livemode else "test",
    }


def _number_errors(number: str) -> list[FieldError]:
    pointer = "/cardNumber"
    if not isinstance(number, str) or not _DIGITS.fullmatch(number):
        return [FieldError(pointer, "must be 12 to 19 digits without blanks")]
    if brands.of(number) is None:
        return [FieldError(pointer, "is not a number of a card brand we know")]
    if not brands.passes_luhn(number):
        return [FieldError(pointer, "has a wrong check digit")]
    return []


def _expiry_errors(card: CardData, now: datetime) -> list[FieldError]:
    errors = []
    if not isinstance(card.expiry_month, str) or not _MONTH.fullmatch(card.expiry_month):
        errors.append(FieldError("/expiryMonth", "must be 01 to 12, two digits"))
    if not isinstance(card.expiry_year, str) or not _YEAR.fullmatch(card.expiry_year):
        errors.append(FieldError("/expiryYear", "must be four digits"))
    if errors:
        return errors
    if int(card.expiry_year) < now.year:
        return [FieldError("/expiryYear", "is in the past")]
    if int(card.expiry_year) == now.year and int(card.expiry_month) < now.month:
        return [FieldError("/expiryMonth", "is in the past")]
    return []


def _cvc_errors(card: CardData, required: bool) -> list[FieldError]:
    if card.cvc is None:
        return [FieldError("/cvc", "is required")] if required else []
    found = brands.of(card.number) if isinstance(card.number, str) else None
    if not isinstance(card.cvc, str) or not _CVC.fullmatch(card.cvc):
        return [FieldError("/cvc", "must be 3 or 4 digits")]
    if found and len(card.cvc) != found.cvc_digits:
        return [FieldError("/cvc", f"must be {found.cvc_digits} digits for this brand")]
    return []
