"""The rule language: what it says, what it cannot say, and what it does about what is not known."""

import ast
import contextlib
import operator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fraud.parameters import threshold_types
from fraud.rules import definitions, language
from fraud.rules.catalogue import LIST_PREFIX, VARIABLES, Kind
from fraud.rules.compiled import compile_rules, kinds
from fraud.rules.definitions import Rule
from fraud.rules.language import RuleError
from fraud.rules.shipped import SHIPPED
from fraud.rules.shipped_lists import SHIPPED_LISTS

LISTS = [each.name for each in SHIPPED_LISTS]
EFFECTS = {LIST_PREFIX + each.name: each.effect.value for each in SHIPPED_LISTS}
KINDS = kinds(threshold_types(), lists=LISTS)
UNKNOWN = dict.fromkeys([*VARIABLES, *threshold_types()])


def verdict(expression, **values):
    """True, False, or None where the rule is not evaluated; what is not given is missing."""
    rule = Rule("a_rule", expression, 10, None, "a rule")
    compiled = compile_rules(version=1, rules=[rule], threshold_types=threshold_types())
    return compiled.judge({**UNKNOWN, **values})[0]


@pytest.mark.parametrize(
    ("expression", "values", "expected"),
    [
        ("amount_minor >= 100000", {"amount_minor": 100_000}, True),
        ("amount_minor >= 100000", {"amount_minor": 99_999}, False),
        ("amount_minor >= high_value_minor", {"amount_minor": 5, "high_value_minor": 5}, True),
        ("customer_payments_1h + 1 > 10", {"customer_payments_1h": 10}, True),
        ("amount_minor / customer_median_minor > 2.5", {"amount_minor": 26, "customer_median_minor": 10.0}, True),
        ("-amount_minor < 0", {"amount_minor": 1}, True),
        ("currency == 'USD' and not night", {"currency": "USD", "night": False}, True),
        ("ip_country in ['IR', 'KP']", {"ip_country": "KP"}, True),
        ("ip_country not in risk_countries", {"ip_country": "US", "risk_countries": ["KP"]}, True),
        ("night == weekend", {"night": True, "weekend": True}, True),
        ("night or weekend or round_amount", {"night": False, "weekend": False, "round_amount": True}, True),
        ("True", {}, True),
    ],
)
def test_what_it_says(expression, values, expected):
    assert verdict(expression, **values) is expected


@pytest.mark.parametrize(
    ("expression", "values", "expected"),
    [
        ("amount_minor > 1", {}, None),
        ("not amount_minor > 1", {}, None),
        ("ip_country != billing_country", {"ip_country": "US"}, None),
        ("ip_country not in ['KP']", {}, None),
        ("amount_minor > 1 or night", {"night": True}, True),
        ("amount_minor > 1 or night", {"night": False}, None),
        ("amount_minor > 1 and night", {"night": False}, False),
        ("amount_minor > 1 and night", {"night": True}, None),
        ("amount_minor + 1 > 0", {}, None),
        ("-amount_minor < 0", {}, None),
        ("amount_minor / customer_payments_1h > 1", {"amount_minor": 5, "customer_payments_1h": 0}, None),
        ("night", {}, None),
    ],
)
def test_what_is_not_known_is_neither_true_nor_false(expression, values, expected):
    assert verdict(expression, **values) is expected


@pytest.mark.parametrize(
    "expression",
    [
        "abs(amount_minor) > 1",
        "__import__('os').system('true')",
        "currency.upper() == 'USD'",
        "amount_minor.__class__ == 1",
        "risk_countries[0] == 'KP'",
        "amount_minor ** 2 > 1",
        "amount_minor // 2 > 1",
        "amount_minor % 2 == 0",
        "amount_minor << 2 > 1",
        "~amount_minor > 1",
        "'A' * 1000000000 == currency",
        "currency + 'A' == 'USDA'",
        "currency > 'A'",
        "amount_minor == 'A'",
        "risk_countries == risk_countries",
        "amount_minor in [1, 2]",
        "ip_country in ['US', billing_country]",
        "ip_country in 'USD'",
        "night > 0",
        "amount_minor and night",
        "amount_minor",
        "currency",
        "1 < amount_minor < 5",
        "amount_minor is 5",
        "(amount_minor := 5) > 1",
        "lambda: True",
        "[x for x in risk_countries]",
        "night if weekend else round_amount",
        "f'{currency}' == 'USD'",
        "b'USD' == currency",
        "1j == amount_minor",
        "... == amount_minor",
        "None == currency",
        "{'a': 1} == currency",
        "amount_minor > 1; night",
        "amount_minor >",
        "",
        "values == 1",
        "k == 1",
        "v_amount_minor > 1",
        "unknown_name > 1",
        "amount_minor > 1e400",
        "amount_minor > 1000000000000001",
        "currency == '" + "A" * 65 + "'",
        "currency in [" + "'A'," * 51 + "]",
        "amount_minor > 1 and " * 30 + "night",
        "not " * 13 + "night",
        "amount_minor" + " + 1" * 9 + " > 1",
        "night or " * 60 + "night",
        "(" * 250 + "night" + ")" * 250,
        "amount_minor\x00 > 1",
        "currency == '\\d' and",
    ],
)
def test_what_it_cannot_say(expression):
    with pytest.raises(RuleError):
        language.check(expression, kinds=KINDS)


def test_a_refusal_says_why():
    with pytest.raises(RuleError, match="nothing is named colour"):
        language.check("colour == 'red'", kinds=KINDS)
    with pytest.raises(RuleError, match="call is not part of the language"):
        language.check("abs(amount_minor) > 1", kinds=KINDS)
    with pytest.raises(RuleError, match="expected a number, found a text"):
        language.check("amount_minor * 'A' > 1", kinds=KINDS)


@given(st.text(alphabet="abn_ro()<>=!+-*/.,'\"[]{}:;@ \n0123456789iglthuwkd", max_size=60))
def test_any_text_is_a_rule_or_a_rule_error(text):
    with contextlib.suppress(RuleError):
        language.check(text, kinds=KINDS)


# --- any expression of the language agrees with SQL's three-valued logic, worked out a second way ---

FLAGS = {"night": st.none() | st.booleans(), "weekend": st.none() | st.booleans()}
NUMBERS = {"amount_minor": st.none() | st.integers(-9, 9), "hour_utc": st.none() | st.integers(-9, 9)}


def numbers(depth):
    leaf = st.sampled_from(sorted(NUMBERS)) | st.integers(0, 9).map(str)
    if depth == 0:
        return leaf
    inner = numbers(depth - 1)
    return leaf | st.tuples(inner, st.sampled_from("+-*/"), inner).map(lambda parts: f"({' '.join(parts)})")


def flags(depth):
    compared = st.tuples(numbers(1), st.sampled_from(["<", "<=", ">", ">=", "==", "!="]), numbers(1))
    leaf = st.sampled_from(sorted(FLAGS)) | compared.map(lambda parts: f"({' '.join(parts)})")
    if depth == 0:
        return leaf
    inner = flags(depth - 1)
    return (
        leaf
        | inner.map(lambda text: f"(not {text})")
        | st.tuples(inner, st.sampled_from(["and", "or"]), inner).map(lambda parts: f"({' '.join(parts)})")
    )


def in_sql_logic(node, values):
    signs = {
        ast.Add: operator.add,
        ast.Sub: operator.sub,
        ast.Mult: operator.mul,
        ast.Lt: operator.lt,
        ast.LtE: operator.le,
        ast.Gt: operator.gt,
        ast.GtE: operator.ge,
        ast.Eq: operator.eq,
        ast.NotEq: operator.ne,
    }
    match node:
        case ast.Constant(value=value):
            return value
        case ast.Name(id=name):
            return values[name]
        case ast.UnaryOp(operand=operand):
            value = in_sql_logic(operand, values)
            return None if value is None else not value
        case ast.BoolOp(op=op, values=parts):
            found = [in_sql_logic(part, values) for part in parts]
            settles = isinstance(op, ast.Or)
            return settles if settles in found else None if None in found else not settles
        case ast.BinOp(left=left, op=op, right=right) | ast.Compare(left=left, ops=[op], comparators=[right]):
            first, second = in_sql_logic(left, values), in_sql_logic(right, values)
            if first is None or second is None:
                return None
            if isinstance(op, ast.Div):
                return first / second if second else None
            return signs[type(op)](first, second)


@given(flags(2), st.fixed_dictionaries({**FLAGS, **NUMBERS}))
def test_every_expression_agrees_with_three_valued_logic(expression, values):
    assert verdict(expression, **values) is in_sql_logic(ast.parse(expression, mode="eval").body, values)


class TestASetOfRules:
    def test_the_shipped_rules_check(self):
        assert definitions.faults(SHIPPED, kinds=KINDS, list_effects=EFFECTS) == []
        assert len(SHIPPED) >= 30

    def test_every_shipped_threshold_is_used(self):
        used = {name for rule in SHIPPED for name in language.check(rule.expression, kinds=KINDS).names}
        assert set(threshold_types()) <= used

    def test_the_catalogue_has_the_eighteen_variables_and_more(self):
        assert len(VARIABLES) >= 18
        assert not set(VARIABLES) & set(threshold_types())
        assert all(isinstance(variable.kind, Kind) for variable in VARIABLES.values())

    def test_faults_name_the_rule_and_its_field(self):
        rules = [
            Rule("good_rule", "night", 1, None, "fine"),
            Rule("good_rule", "nights", 1001, "APPROVE", " "),
            Rule("Bad", "night", -1001, None, "fine"),
        ]
        found = {(fault.index, fault.field) for fault in definitions.faults(rules, kinds=KINDS)}
        assert found == {
            (1, "code"),
            (1, "expression"),
            (1, "points"),
            (1, "floor"),
            (1, "description"),
            (2, "code"),
            (2, "points"),
        }
        assert definitions.faults([], kinds=KINDS)

    @pytest.mark.parametrize(
        ("rule", "reason"),
        [
            (Rule("a_rule", "night", 0, None, "x", allows=True), "asks an allow list"),
            (Rule("a_rule", "customer_id in list_blocked_customers", 0, None, "x", allows=True), "asks an allow list"),
            (
                Rule(
                    "a_rule",
                    "customer_id in list_trusted_customers or seller_id in list_blocked_sellers",
                    0,
                    None,
                    "x",
                    allows=True,
                ),
                "no list of another effect",
            ),
            (Rule("a_rule", "customer_id in list_trusted_customers", -50, None, "x"), "asked by a rule that allows"),
            (Rule("a_rule", "customer_id in list_trusted_customers", 5, None, "x", allows=True), "adds no points"),
            (Rule("a_rule", "customer_id in list_trusted_customers", 0, "REVIEW", "x", allows=True), "has no floor"),
        ],
    )
    def test_only_entries_that_two_people_signed_let_a_payment_past(self, rule, reason):
        (fault,) = definitions.faults([rule], kinds=KINDS, list_effects=EFFECTS)
        assert (fault.field, reason in fault.reason) == ("allows", True)

    def test_a_list_that_is_not_there_is_no_name(self):
        (fault,) = definitions.faults([Rule("a_rule", "customer_id in list_enemies", 1, None, "x")], kinds=KINDS)
        assert str(fault) == "nothing is named list_enemies (line 1, column 16)"

    def test_the_first_versions_are_read_as_they_were_written(self):
        """Version 1 of older installations says nothing of allowing and of cases."""
        stored = {"code": "a_rule", "expression": "night", "points": 1, "floor": None, "description": "x"}
        assert definitions.read([stored]) == [Rule("a_rule", "night", 1, None, "x", allows=False, opens_case=False)]


def place_of_fault(text):
    try:
        language.check(text, kinds=KINDS)
    except RuleError as error:
        return error.position
    return None


class TestWhereItIsWrong:
    @pytest.mark.parametrize(
        ("expression", "place", "reason"),
        [
            ("amount_minor > hihg", (1, 16, 1, 20), "nothing is named hihg"),
            ("  amount_minor > hihg", (1, 18, 1, 22), "nothing is named hihg"),
            ("(night or\n weekend and\n  nights)", (3, 3, 3, 9), "nothing is named nights"),
            ("\n\n night == 'x'", (3, 2, 3, 14), "never equal"),
            ("night and amount_minor", (1, 11, 1, 23), "expected a yes or no, found a number"),
            ("night and", (1, 10, 1, 11), "not an expression"),
            ("night and amount_minor > > 5", (1, 26, 1, 27), "not an expression"),
            ("amount_minor ** 9 > 1", (1, 1, 1, 18), "a power is not part of the language"),
            ("night or card_brand.upper() == 'VISA'", (1, 10, 1, 28), "a call is not part of the language"),
            ("currency == 'caf\u00e9'", (1, 17, 1, 18), "only ASCII"),
            ("night or\n \u017fum", (2, 2, 2, 3), "only ASCII"),
        ],
    )
    def test_the_author_is_shown_the_place(self, expression, place, reason):
        with pytest.raises(RuleError) as caught:
            language.check(expression, kinds=KINDS)
        found = caught.value.position
        assert (found.line, found.column, found.end_line, found.end_column) == place
        assert reason in caught.value.reason

    @given(st.text(max_size=40))
    def test_whatever_is_typed_the_place_is_within_it(self, text):
        found = place_of_fault(text)
        lines = (text or " ").split("\n")
        assert found is None or 1 <= found.line <= len(lines)
        assert found is None or 1 <= found.column <= max(map(len, lines)) + 2


class TestAttacks:
    """Each of these ran, or ate the machine, in some rules engine."""

    @pytest.mark.parametrize(
        "expression",
        [
            "__import__('os').system('true')",
            "().__class__.__bases__[0].__subclasses__()",
            "open('/etc/passwd').read() == ''",
            "amount_minor.real > 1",
            "currency[0] == 'U'",
            "9 ** 9 ** 9 > 1",
            "amount_minor ** 2 > 1",
            "'A' * 1000000000 == currency",
            "currency + currency == 'USDUSD'",
            "'%s' % currency == 'USD'",
            "f'{amount_minor}' == '1'",
            "f'{().__class__}' == ''",
            "(x := amount_minor) > 1",
            "(lambda: True)()",
            "lambda: True",
            "[x for x in risk_countries] == []",
            "any(x for x in risk_countries)",
            "{1: True}[1]",
            "{*risk_countries}",
            "amount_minor if night else 1",
            "night if weekend else True",
            "amount_minor // 0 > 1",
            "amount_minor % 7 == 0",
            "amount_minor << 99 > 1",
            "~amount_minor > 1",
            "+amount_minor > 1",
            "amount_minor @ amount_minor > 1",
            "night is True",
            "await night",
            "yield night",
            "*risk_countries",
            "print",
            "v_night",
            "k[0]",
            "values",
            "get('night')",
            "__builtins__",
            "...",
            "None",
            "b'x' == currency",
            "1j > 0",
            "1e400 > amount_minor",
            "amount_minor > 10000000000000000",
            "'" + "x" * 65 + "' == currency",
            "currency in [" + "'a'," * 51 + "]",
            "currency in ['a', 1]",
            "currency in ['a', currency]",
            "night; import os",
            "night\nimport os",
            "night == 'x' 'y'",
            "1 < amount_minor < 3",
            "not " * 20 + "night",
            "(" * 300 + "night" + ")" * 300,
            "-" * 400 + "1 > 0",
            " and ".join(["night"] * 81),
            "amount_minor" + " + 1" * 9 + " > 1",
            "night or " + "x" * 500,
            "night\x00",
            "night\x0c",
            "",
            "   ",
        ],
    )
    def test_is_refused_with_a_place(self, expression):
        with pytest.raises(RuleError) as caught:
            language.check(expression, kinds=KINDS)
        assert caught.value.position.line >= 1

    @pytest.mark.parametrize(
        "name",
        [
            "n\u0131ght",  # dotless i
            "\uff4eight",  # full-width n: Python reads it as `night`
            "nig\u02b0t",  # modifier h: the same
            "\U0001d427\U0001d422\U0001d420\U0001d421\U0001d42d",  # bold: the same
            "night\u200b",  # zero-width blank
            "\u202enight",  # right to left
            "night\u00a0",  # no-break blank
        ],
    )
    def test_letters_that_look_like_others_are_refused(self, name):
        """By NFKC some of them are the name `night` to Python; what a signer sees must be what runs."""
        with pytest.raises(RuleError, match="only ASCII"):
            language.check(f"{name} or weekend", kinds=KINDS)

    def test_what_is_compiled_reaches_no_builtin(self):
        compiled = compile_rules(
            version=1, rules=[Rule("a_rule", "night", 1, None, "x")], threshold_types=threshold_types()
        )
        function = compiled.judge.__closure__[1].cell_contents
        assert function.__globals__["__builtins__"] == {}
