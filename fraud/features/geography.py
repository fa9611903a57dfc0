"""How far apart two countries are: the great circle between their middles, on a sphere of the earth's mean radius.

Good to a tenth for countries an ocean apart; neighbours are as far apart as they are wide (Canada and the United States
2,400 km). Pure.
"""

import math

from fraud import data

# IUGG mean radius R1.
EARTH_RADIUS_KM = 6371.0088

# Latitude and longitude in degrees, north and east positive.
Position = tuple[float, float]


def great_circle_km(here: Position, there: Position) -> float:
    """By the haversine formula, which stays exact where the two are close; 0 to 20,015."""
    latitude, longitude = map(math.radians, here)
    other_latitude, other_longitude = map(math.radians, there)
    across = math.sin((other_longitude - longitude) / 2) ** 2
    along = math.sin((other_latitude - latitude) / 2) ** 2
    half_chord_squared = along + math.cos(latitude) * math.cos(other_latitude) * across
    # Rounding may lift it above 1 where the two are opposite.
    return 2 * EARTH_RADIUS_KM * math.asin(math.sqrt(min(half_chord_squared, 1.0)))


def between_km(country: str | None, other: str | None) -> int | None:
    """Whole kilometres between ISO 3166 alpha-2 codes, 0 within one country; None where one is unknown."""
    here, there = data.find_position(country), data.find_position(other)
    return None if here is None or there is None else round(great_circle_km(here, there))
