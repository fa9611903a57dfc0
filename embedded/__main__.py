"""`python -m embedded run` and `python -m embedded reset`: what `make run` and `make reset` call."""

import sys
from pathlib import Path

from embedded import supervisor

ROOT = Path(__file__).resolve().parent.parent


def main(arguments: list[str]) -> int:
    match arguments:
        case ["run"]:
            return supervisor.run(ROOT)
        case ["reset"]:
            return supervisor.reset(ROOT)
        case _:
            print("usage: python -m embedded run|reset", file=sys.stderr)
            return 2


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
