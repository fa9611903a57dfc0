"""A card goes in, a token comes out; the card comes back only for a reason, and never with its code."""

import copy
import pickle
import re
import secrets
import threading
from datetime import UTC, datetime

import pytest
from django.apps import apps
from django.db import ProgrammingError, connection, transaction

from core.actors import Actor
from core.audit.models import AuditEntry
from core.vault import cards, envelope, kms
from core.vault.models import CardIndex, StoredCard

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
CLERK = Actor("STAFF", "usr_1")
VISA = "4242424242424242"

pytestmark = pytest.mark.django_db


def visa(number: str = VISA, month: str = "12", year: str = "2030", cvc: str | None = "123") -> cards.CardData:
    return cards.CardData(number, month, year, cvc)


def tokenise(card: cards.CardData | None = None, *, party_id: str | None = "cus_1", livemode: bool = False):
    return cards.tokenise(card=card or visa(), party_id=party_id, livemode=livemode, actor=CLERK, now=NOW)


def test_a_token_tells_brand_first_six_and_last_four():
    token = tokenise()
    assert token.token.startswith("tok_")
    assert (token.brand, token.first6, token.last4) == ("visa", "424242", "4242")
    assert (token.expiry_month, token.expiry_year) == (12, 2030)
    assert cards.find(token.token) == token


def test_an_unknown_token_is_not_found():
    assert cards.find("tok_none") is None
    with pytest.raises(cards.CardTokenNotFound):
        cards.reveal(token="tok_none", reason="chargeback", actor=CLERK, now=NOW, livemode=False)


def test_a_card_comes_back_without_its_code():
    card = cards.reveal(token=tokenise().token, reason="authorisation", actor=CLERK, now=NOW, livemode=False)
    assert (card.number, card.expiry_month, card.expiry_year) == (VISA, "12", "2030")
    assert card.cvc is None


def test_a_card_is_not_shown_without_a_reason():
    token = tokenise().token
    with pytest.raises(cards.UnableToReveal):
        cards.reveal(token=token, reason="  ", actor=CLERK, now=NOW, livemode=False)


def test_a_test_card_is_not_found_in_live_mode():
    token = tokenise(livemode=False).token
    with pytest.raises(cards.CardTokenNotFound):
        cards.reveal(token=token, reason="authorisation", actor=CLERK, now=NOW, livemode=True)


@pytest.mark.parametrize(
    ("other", "same"),
    [
        ({"card": visa(cvc="999")}, True),
        ({"card": visa(year="2031")}, False),
        ({"card": visa("5555555555554444")}, False),
        ({"party_id": "cus_2"}, False),
        ({"party_id": None}, False),
        ({"livemode": True}, False),
    ],
    ids=["other code", "renewed card", "other card", "other party", "no party", "other mode"],
)
def test_one_card_of_one_party_has_one_token(other, same):
    assert (tokenise().token == tokenise(**other).token) is same


@pytest.mark.parametrize(
    ("other", "same"),
    [
        ({"party_id": "cus_2"}, True),
        ({"party_id": None}, True),
        ({"card": visa(year="2031")}, True),
        ({"card": visa("5555555555554444")}, False),
        ({"livemode": True}, False),
    ],
    ids=["other party", "no party", "renewed card", "other card", "other mode"],
)
def test_one_number_has_one_fingerprint_whoever_pays_with_it(other, same):
    mine, theirs = tokenise(), tokenise(**other)
    assert (mine.fingerprint == theirs.fingerprint) is same
    assert mine.fingerprint.startswith("card_")
    assert cards.find(theirs.token) == theirs


def test_tokenising_is_one_statement_and_no_key_service_call(django_assert_num_queries, monkeypatch):
    tokenise()

    def refuse():
        raise AssertionError("the key service was asked")

    monkeypatch.setattr("core.vault.kms.service", refuse)
    with django_assert_num_queries(1):
        tokenise(visa("5555555555554444"))


def test_ciphertext_moved_to_another_card_does_not_open():
    mine, theirs = tokenise().token, tokenise(visa("5555555555554444"), party_id="cus_2").token
    stolen = StoredCard.objects.get(pk=theirs).ciphertext
    StoredCard.objects.filter(pk=mine).update(ciphertext=stolen)
    with pytest.raises(cards.CardDataEncryptionFailed):
        cards.reveal(token=mine, reason="authorisation", actor=CLERK, now=NOW, livemode=False)


def test_a_card_whose_row_is_given_to_another_party_does_not_open():
    token = tokenise().token
    StoredCard.objects.filter(pk=token).update(party_id="cus_thief")
    with pytest.raises(cards.CardDataEncryptionFailed):
        cards.reveal(token=token, reason="authorisation", actor=CLERK, now=NOW, livemode=False)


def test_neither_number_nor_code_is_in_the_tables():
    number, code = "4000056655665556", "987"
    tokenise(visa(number, cvc=code))
    stored = b""
    with connection.cursor() as cursor:
        for table in ("vault_storedcard", "vault_cardindex", "vault_cardnumberindex", "vault_datakey"):
            cursor.execute(f"SELECT {table}::text FROM {table}")
            stored += "\n".join(row[0] for row in cursor.fetchall()).encode()
    assert number.encode() not in stored
    assert number.encode().hex().encode() not in stored
    assert number[:6].encode() in stored, "the scan sees what is stored"


class TestTheApplicationRole:
    """The role of the running program cannot bring a card's hash and its first six and last four together."""

    @pytest.fixture(autouse=True)
    def _role(self, db):
        tokenise()
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL ROLE holdfast_app")
        yield
        with connection.cursor() as cursor:
            cursor.execute("RESET ROLE")

    def refused(self, statement: str) -> None:
        denied = pytest.raises(ProgrammingError, match="permission denied")
        with connection.cursor() as cursor, denied, transaction.atomic():
            cursor.execute(statement)

    def test_cannot_read_the_index(self):
        self.refused('SELECT "index" FROM vault_cardindex')
        self.refused('SELECT "index" FROM vault_cardnumberindex')

    def test_cannot_join_index_and_cards(self):
        self.refused("SELECT 1 FROM vault_cardindex i JOIN vault_storedcard c ON c.token = i.token")
        self.refused("SELECT 1 FROM vault_cardnumberindex i JOIN vault_storedcard c ON c.fingerprint = i.fingerprint")

    def test_cannot_change_a_card_beside_the_function(self):
        self.refused("UPDATE vault_storedcard SET last4 = '0000'")
        self.refused("DELETE FROM vault_storedcard")

    def test_cannot_delete_a_data_key(self):
        self.refused("DELETE FROM vault_datakey")
        self.refused("UPDATE vault_datakey SET purpose = 'ACH'")

    def test_tokenises_through_the_function(self):
        assert tokenise(visa("5555555555554444")).last4 == "4444"
        assert tokenise().last4 == "4242"

    def test_reads_what_may_be_shown(self):
        assert StoredCard.objects.count() == 1


def test_the_superuser_of_the_tests_can_read_the_index():
    """The control of the class above: the refusals come from the role, not from an empty or missing table."""
    tokenise()
    assert CardIndex.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_eight_threads_with_one_card_get_one_token():
    barrier, found = threading.Barrier(8), []
    card = visa("4000056655665556")

    def worker() -> None:
        try:
            barrier.wait()
            found.append(tokenise(card, party_id="cus_race").token)
        finally:
            connection.close()

    threads = [threading.Thread(target=worker) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert len(set(found)) == 1
    assert StoredCard.objects.filter(party_id="cus_race").count() == 1


class TestCardDataInMemory:
    def test_does_not_print(self):
        for text in (repr(visa()), str(visa()), f"{visa()}", "%s" % visa(), repr([visa()])):  # noqa: UP031
            assert "4242" not in text
            assert "123" not in text

    @pytest.mark.parametrize("write", [pickle.dumps, copy.copy, copy.deepcopy])
    def test_is_not_written_anywhere(self, write):
        with pytest.raises(TypeError, match="not written"):
            write(visa())

    def test_has_no_dictionary(self):
        with pytest.raises(TypeError):
            vars(visa())


def test_a_rolled_back_payment_does_not_take_the_data_key_with_it():
    """The key was made inside the transaction that failed; what it encrypts later must still open."""
    envelope.keys.forget()
    purpose, context = envelope.Purpose.ESCROW, {"row": secrets.token_hex(8)}
    with transaction.atomic():
        envelope.encrypt(purpose=purpose, plaintext=b"first", context=context)
        transaction.set_rollback(True)
    sealed = envelope.encrypt(purpose=purpose, plaintext=b"second", context=context)
    envelope.keys.forget()
    assert envelope.decrypt(purpose=purpose, ciphertext=sealed, context=context) == b"second"


class TestAudit:
    """Whoever sees a card is written down: who, which, why, and whether it worked."""

    def entries(self) -> list[tuple[str, str, str, dict[str, str]]]:
        found = AuditEntry.objects.filter(action="vault.card.revealed").order_by("id")
        return [(entry.actor_id, entry.subject, entry.result, entry.facts) for entry in found]

    def test_a_look(self):
        token = tokenise().token
        cards.reveal(token=token, reason="chargeback 77", actor=CLERK, now=NOW, livemode=False)
        assert self.entries() == [("usr_1", token, "SUCCESS", {"reason": "chargeback 77"})]

    def test_a_look_at_nothing_does_not_repeat_what_was_typed(self):
        with pytest.raises(cards.CardTokenNotFound):
            cards.reveal(token=VISA, reason=f"is it {VISA}?", actor=CLERK, now=NOW, livemode=False)
        expected = {"reason": "is it 424242******4242?", "code": "CARD_TOKEN_NOT_FOUND"}
        assert self.entries() == [("usr_1", "unknown", "FAILURE", expected)]

    def test_a_card_that_does_not_open(self):
        token = tokenise().token
        StoredCard.objects.filter(pk=token).update(party_id="cus_thief")
        with pytest.raises(cards.CardDataEncryptionFailed):
            cards.reveal(token=token, reason="authorisation", actor=CLERK, now=NOW, livemode=False)
        assert [(subject, result) for _, subject, result, _ in self.entries()] == [(token, "FAILURE")]


def test_without_a_key_no_card_is_stored(monkeypatch):
    envelope.keys.forget()

    def down(*_, **__):
        raise kms.KeyServiceUnavailable("down")

    monkeypatch.setattr(type(kms.service()), "generate", down)
    monkeypatch.setattr(type(kms.service()), "unwrap", down)
    with pytest.raises(cards.CardDataEncryptionFailed) as caught:
        tokenise(party_id="cus_nokey")
    assert (caught.value.code, caught.value.status) == ("CARD_DATA_ENCRYPTION_FAILED", 500)
    assert not StoredCard.objects.filter(party_id="cus_nokey").exists()
    envelope.keys.forget()


def test_no_column_anywhere_could_hold_a_verification_code():
    named = re.compile(
        r"(?i)(^|_)(cvc|cvv|csc|cid|cav)2?(_|$)|security_code|verification_(code|value)|track_?(1|2|data)|(^|_)pin(_|$)"
    )
    columns = [
        f"{model._meta.db_table}.{field.name}" for model in apps.get_models() for field in model._meta.get_fields()
    ]
    assert [name for name in columns if named.search(name.split(".")[1])] == []
    assert "vault_storedcard.last4" in columns
    assert named.search("card_cvc"), "the control: the pattern finds one"
