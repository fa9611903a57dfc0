"""The documented identifier forms."""

from datetime import UTC, datetime, timedelta

from core import ids

NOW = datetime(2023, 12, 21, 2, 57, 36, 789000, tzinfo=UTC)


def test_documented_forms() -> None:
    assert ids.PAYMENT_ID.match(ids.payment(NOW))
    assert ids.payment(NOW).startswith("pay_1703127456789_")
    assert ids.TRANSACTION_ID.match(ids.transaction(NOW))
    assert ids.ESCROW_ID.match(ids.escrow(NOW))
    assert ids.ACH_TRANSFER_ID.match(ids.ach_transfer(NOW))


def test_the_documented_examples_match() -> None:
    assert ids.PAYMENT_ID.match("pay_1703123456789_k2n8m9p1q")
    assert ids.TRANSACTION_ID.match("txn_1703123456789_x4y7z2a5b")
    assert ids.ESCROW_ID.match("ESC_1703123456789_ABCDEF12")


def test_prefixed_ids_sort_by_time_and_do_not_repeat() -> None:
    made = [ids.prefixed("case", NOW + timedelta(milliseconds=step)) for step in range(200)]
    assert made == sorted(made)
    assert len({ids.prefixed("case", NOW) for _ in range(5000)}) == 5000


def test_ids_carry_no_digits_of_another_script() -> None:
    assert not ids.PAYMENT_ID.match("pay_١٧٠٣١٢٣٤٥٦٧٨٩_k2n8m9p1q")
    assert not ids.PAYMENT_ID.match("pay_1703123456789_k2n8m9p1q\n")
