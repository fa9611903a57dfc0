"""Dated parameters of the switches."""

from core.parameters import services as parameters

parameters.declare(
    "switches.longest_opening_hours",
    72,
    unit="hours",
    minimum=1,
    meaning="longest time for which a switch may be opened against a closing that stays in force beneath",
)

parameters.declare(
    "switches.longest_bypass_minutes",
    60,
    unit="minutes",
    minimum=1,
    maximum=60,
    meaning="longest time for which a way round a check may be opened",
)
