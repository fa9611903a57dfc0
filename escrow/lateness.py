"""How late something is, in words."""

from datetime import timedelta


def in_words(late: timedelta) -> str:
    """`1 d 2 h`, `5 min`: the two largest units; empty below a minute."""
    minutes = int(late.total_seconds()) // 60
    days, hours, minutes = minutes // 1440, minutes // 60 % 24, minutes % 60
    parts = [f"{number} {unit}" for number, unit in ((days, "d"), (hours, "h"), (minutes, "min")) if number]
    return " ".join(parts[:2])
