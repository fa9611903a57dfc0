"""The program with one of its parts taken out (`BENCH_WITHOUT=audit` or `outbox`), to see what that part costs.

For the benchmark's own servers and nothing else: no setting and no flag of the program does this.
"""

import os

from config.wsgi import application
from core.audit import services as audit
from core.outbox import services as outbox

__all__ = ["application"]

match os.environ["BENCH_WITHOUT"]:
    case "audit":
        audit.record_many = lambda facts: None
    case "outbox":
        outbox.publish = lambda event, *, now=None: ""
    case other:
        raise SystemExit(f"nothing is named {other}")
