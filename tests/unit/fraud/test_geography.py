"""Distances between countries, beside those of airports near their middle; what a rule and a person read of them."""

import csv

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fraud import data, explanations
from fraud.features import geography
from fraud.parameters import threshold_types
from fraud.rules.catalogue import VARIABLES
from fraud.rules.compiled import compile_rules
from fraud.rules.definitions import Rule
from fraud.rules.features import Facts, derive
from fraud.views import evidence
from tests.factories.payments import NOW

# ISO 3166-1 alpha-2, as officially assigned.
CODES = """
AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ CA
CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR GA
GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP
KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS
MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS
RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW
TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW
"""
ISO_3166 = CODES.split()
LONDON, PARIS = (51.5074, -0.1278), (48.8566, 2.3522)
NEW_YORK, SYDNEY, LOS_ANGELES = (40.7128, -74.0060), (-33.8688, 151.2093), (34.0522, -118.2437)
POSITIONS = st.tuples(st.floats(-90, 90), st.floats(-180, 180))


class TestTheTable:
    def test_it_has_every_country_once(self):
        with (data.HERE / "countries.csv").open(newline="") as file:
            codes = [row["country"] for row in csv.DictReader(file)]
        assert len(ISO_3166) == 249
        assert codes == sorted(ISO_3166)

    @pytest.mark.parametrize("country", ISO_3166)
    def test_every_middle_is_on_the_earth_to_a_tenth_of_a_degree(self, country):
        latitude, longitude = data.find_position(country)
        assert -90 <= latitude <= 90
        assert -180 <= longitude <= 180
        assert (latitude, longitude) == (round(latitude, 1), round(longitude, 1))

    def test_no_two_are_at_one_place_but_the_halves_of_saint_martin_are_close(self):
        assert len({data.find_position(country) for country in ISO_3166}) == 249
        assert geography.between_km("MF", "SX") < 20

    # Great circles between the reference points of airports that lie near the middle of their country.
    @pytest.mark.parametrize(
        ("country", "other", "between_airports_km"),
        [
            ("SG", "HK", 2_565),  # Changi to Chek Lap Kok
            ("SG", "TW", 3_222),  # Changi to Taoyuan
            ("SG", "LK", 2_749),  # Changi to Colombo
            ("SG", "QA", 6_205),  # Changi to Doha
            ("BH", "SG", 6_332),  # Bahrain to Changi
            ("ES", "SG", 11_381),  # Madrid to Changi
            ("ES", "CR", 8_501),  # Madrid to San Jose
            ("ES", "HU", 1_975),  # Madrid to Budapest
            ("BE", "RW", 6_362),  # Brussels to Kigali
            ("MU", "SC", 1_768),  # Mauritius to Mahe
            ("JM", "PR", 1_141),  # Kingston to San Juan
            ("MT", "LU", 1_671),  # Malta to Luxembourg
            ("ET", "RW", 1_550),  # Addis Ababa to Kigali
            ("BM", "BB", 2_209),  # Bermuda to Barbados
            ("IS", "SG", 11_552),  # Keflavik to Changi
        ],
    )
    def test_distances_are_right_within_a_tenth(self, country, other, between_airports_km):
        assert geography.between_km(country, other) == pytest.approx(between_airports_km, rel=0.1)


class TestTheGreatCircle:
    @pytest.mark.parametrize(
        ("here", "there", "km"),
        [
            (LONDON, PARIS, 344),
            (NEW_YORK, LONDON, 5_570),
            (SYDNEY, LOS_ANGELES, 12_065),  # across the date line
            ((0, 0), (0, 90), 10_007.5),
            ((90, 0), (-90, 0), 20_015.1),
            ((-17.8, 179.9), (-17.8, -179.9), 21.2),
        ],
    )
    def test_known_ones(self, here, there, km):
        assert geography.great_circle_km(here, there) == pytest.approx(km, rel=0.003)

    @given(POSITIONS, POSITIONS, POSITIONS)
    def test_it_is_a_distance(self, here, there, beyond):
        far = geography.great_circle_km
        assert far(here, here) == 0
        assert 0 <= far(here, there) <= 20_015.2
        assert far(here, there) == pytest.approx(far(there, here), abs=1e-6)
        assert far(here, beyond) <= far(here, there) + far(there, beyond) + 1e-3


class TestWhatADecisionKnows:
    def known(self, **countries):
        facts = {"issuer_country": None, "ip_country": None, "billing_country": None, "shipping_country": None}
        request = Facts(
            amount_minor=5_000,
            currency="USD",
            payment_method="card",
            card_brand=None,
            card_funding=None,
            payer_since=None,
            payee_since=None,
            **{**facts, **countries},
        )
        nothing = dict.fromkeys([*VARIABLES, "customer_first_at", "customer_last_at", "seller_first_at"])
        values = derive(request, history=nothing, now=NOW)
        return [values[name] for name in ("ip_billing_km", "ip_shipping_km", "billing_shipping_km")]

    def test_each_pair_by_itself(self):
        assert self.known(ip_country="SG", billing_country="HK", shipping_country="QA") == [2_587, 6_225, 6_346]

    def test_within_one_country_it_is_nothing(self):
        assert self.known(ip_country="GB", billing_country="GB", shipping_country="GB") == [0, 0, 0]

    def test_where_a_side_is_unknown_so_is_the_distance(self):
        assert self.known(ip_country="GB", shipping_country="GB") == [None, 0, None]
        assert self.known(ip_country="GB", billing_country="ZZ") == [None, None, None]
        assert self.known(ip_country="ZZ", billing_country="ZZ") == [None, None, None]

    def test_a_rule_asks_for_it_and_an_older_decision_does_not_know(self):
        rule = Rule("far_away", "ip_billing_km > 3000 and billing_shipping_km == 0", 100, None, "Far from home")
        judge = compile_rules(version=1, rules=[rule], threshold_types=threshold_types()).judge
        assert judge({"ip_billing_km": 6_225, "billing_shipping_km": 0}) == (True,)
        assert judge({"ip_billing_km": 2_587, "billing_shipping_km": 0}) == (False,)
        assert judge({"ip_country": "SG", "billing_country": "QA"}) == (None,)


class TestWhatTheCaseSays:
    def test_a_rule_that_hit_shows_kilometres(self):
        assert explanations.shown("ip_billing_km", 6_863, "USD") == "6,863 km"

    def said(self, **features):
        return evidence.whereabouts(features, None)

    def test_how_far_the_address_is_from_the_bill_and_the_goods(self):
        assert (
            self.said(
                ip_country="GB",
                billing_country="US",
                issuer_country="US",
                ip_billing_km=6_863,
                billing_shipping_km=None,
            )
            == "The IP address is in GB, about 6,900 km from the billing country US; the card's bank in US."
        )
        assert self.said(
            ip_country="SG", billing_country="HK", shipping_country="QA", ip_billing_km=2_587, ip_shipping_km=6_225
        ) == (
            "The IP address is in SG, about 2,600 km from the billing country HK and about 6,200 km from the shipping "
            "country QA."
        )
        assert self.said(ip_country="MO", billing_country="HK", shipping_country="MO") == (
            "The IP address is in MO, about 56 km from the billing country HK; shipping in MO."
        )

    def test_the_distance_that_the_decision_saw_is_the_one_that_is_told(self):
        assert "about 1,200 km" in self.said(ip_country="GB", billing_country="US", ip_billing_km=1_234)

    def test_of_an_older_decision_the_countries_tell_it(self):
        assert "about 6,900 km from the billing country US" in self.said(ip_country="GB", billing_country="US")

    def test_no_distance_where_there_is_none_to_tell(self):
        assert self.said(ip_country="GB", billing_country="GB", issuer_country="US") == (
            "The IP address in GB; billing in GB; the card's bank in US."
        )
        assert self.said(billing_country="GB", shipping_country="US") == "Billing in GB; shipping in US."
