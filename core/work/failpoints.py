"""Named places to die at. A fault test kills the process exactly between two steps and looks at what is left.

`HOLDFAST_FAILPOINT=payments.after_charge` dies the first time that point is reached, `…:3` the third time.
Nothing happens unless `settings.HOLDFAST_FAILPOINTS` is on; it is off everywhere but in tests and demos.
"""

import itertools
import os
import signal

from django.conf import settings

_reached = itertools.count(1)


def reach(name: str) -> None:
    """SIGKILL this process if `name` is armed: no handlers, no flushing, as the kernel or the power would."""
    armed = os.environ.get("HOLDFAST_FAILPOINT", "")
    if not armed or not settings.HOLDFAST_FAILPOINTS:
        return
    wanted, _, count = armed.partition(":")
    if name == wanted and next(_reached) >= int(count or 1):
        os.kill(os.getpid(), signal.SIGKILL)
