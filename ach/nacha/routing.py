"""Routing numbers of US banks: eight digits and a check digit (ABA).

The check digit is asked of every number that is read; the prefix only of accounts that we accept, because files of
banks and tests carry numbers outside the assigned ranges.
"""

from ach.nacha.problems import NachaError

WEIGHTS = (3, 7, 1, 3, 7, 1, 3, 7)
# The first two digits: government, Federal Reserve districts, thrifts, electronic, traveller's checks.
ASSIGNED = frozenset(
    f"{number:02d}" for first, last in ((0, 12), (21, 32), (61, 72), (80, 80)) for number in range(first, last + 1)
)
NOBODY = "000000000"


def check_digit(first_eight: str) -> int:
    """Of eight digits: what brings 3·7·1·3·7·1·3·7 weighted to a multiple of ten."""
    return -sum(weight * int(digit) for weight, digit in zip(WEIGHTS, first_eight, strict=True)) % 10


def is_valid(number: str) -> bool:
    """Nine digits whose last fits the others; nine zeros fit but are nobody's."""
    if len(number) != 9 or not (number.isascii() and number.isdigit()) or number == NOBODY:
        return False
    return check_digit(number[:8]) == int(number[8])


def require_acceptable(number: str) -> str:
    """The number itself, if an account there may be accepted. Raises NachaError."""
    if len(number) != 9 or not (number.isascii() and number.isdigit()):
        raise NachaError("NON_NUMERIC_FIELD", "routing_number", "a routing number has nine digits", record="account")
    if number == NOBODY:
        raise NachaError(
            "FIELD_ALL_ZEROS", "routing_number", "nine zeros are nobody's routing number", record="account"
        )
    if not is_valid(number):
        raise NachaError("BAD_CHECK_DIGIT", "routing_number", "the ninth digit does not fit", record="account")
    if number[:2] not in ASSIGNED:
        raise NachaError("UNASSIGNED_PREFIX", "routing_number", "no bank's number begins so", record="account")
    return number
