"""What an author is told of an expression."""

import pytest

from fraud.parameters import threshold_types
from fraud.rules import reading
from fraud.rules.compiled import kinds

KINDS = kinds(threshold_types())
WORDS = reading.vocabulary(
    KINDS, meanings={"high_value_minor": "A high amount"}, values={"high_value_minor": "1,000.00 USD"}
)


def read(text):
    return reading.read(text, words=WORDS, kinds=KINDS)


class TestReading:
    def test_a_rule_names_its_words_with_type_meaning_and_todays_value(self):
        found = read("amount_minor >= high_value_minor and not night")
        assert not found.problem
        assert [(word.name, word.kind, word.value) for word in found.words] == [
            ("amount_minor", "number", ""),
            ("high_value_minor", "number", "1,000.00 USD"),
            ("night", "yes or no", ""),
        ]

    def test_the_caret_stands_under_what_is_wrong(self):
        found = read("amount_minor > 5 and amont_minor > 7")
        at = found.caret.index("^")
        assert found.excerpt[at : at + len(found.caret.strip())] == "amont_minor"
        assert found.problem == "nothing is named amont_minor"
        assert found.place == "line 1, column 22"
        assert [word.name for word in found.words] == ["amount_minor"]

    @pytest.mark.parametrize("before", ["", "night or " * 30, "   "])
    def test_wherever_it_is(self, before):
        found = read(f"{before}currency + 1 == 2 or weekend")
        at = found.caret.index("^")
        assert found.excerpt[at : at + found.caret.count("^")] == "currency"
        assert len(found.excerpt) <= 2 * reading.AROUND + 2

    @pytest.mark.parametrize(
        "text", ["", "   ", "(", "amount_minor >", "a\n\nb", "\x00", "amount_minor > 1 \u2265 2", "'"]
    )
    def test_whatever_is_typed_has_an_answer(self, text):
        found = read(text)
        assert found.problem
        assert "^" in found.caret

    @pytest.mark.parametrize(
        ("text", "first", "number"),
        [("customer_p", "customer_payments_1h", 5), ("high", "high_value_minor", 3), ("of texts", "risk_countries", 1)],
    )
    def test_words_are_found_by_name_kind_and_meaning(self, text, first, number):
        found = reading.search(WORDS, text)
        assert first in [word.name for word in found][:2]
        assert len(found) >= number
        assert found[0].name.startswith(text) or text not in found[-1].name
        assert reading.search(WORDS, "no such thing") == []
        assert len(reading.search(WORDS, "")) == len(KINDS)
