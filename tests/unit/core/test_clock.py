from datetime import UTC, datetime, timedelta
from pathlib import Path

from core import clock


def test_a_fixed_clock_moves_only_when_told() -> None:
    at = datetime(2024, 11, 20, 12, 0, tzinfo=UTC)
    with clock.use(clock.FixedClock(at)) as fixed:
        assert clock.now() == at
        assert isinstance(fixed, clock.FixedClock)
        fixed.advance(timedelta(days=3))
        assert clock.now() == datetime(2024, 11, 23, 12, 0, tzinfo=UTC)
    assert clock.now() > at


def test_every_reader_of_the_file_sees_a_move_at_once(tmp_path: Path) -> None:
    mover, reader = clock.OffsetClock(tmp_path / "offset"), clock.OffsetClock(tmp_path / "offset")
    assert abs(reader.now() - datetime.now(UTC)) < timedelta(seconds=1)
    mover.move_to(timedelta(days=-10))
    assert abs(reader.now() - datetime.now(UTC) + timedelta(days=10)) < timedelta(seconds=1)
    mover.move_to(timedelta())
    assert abs(reader.now() - datetime.now(UTC)) < timedelta(seconds=1)
