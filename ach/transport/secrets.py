"""Keys and passwords of transports come from the environment, by the name that the originator's settings give.

A row holds `key_env` or `password_env`, never what they name.
"""

import os
import re

from ach.models import Originator
from ach.transport import BadSettings

# Nothing else in the environment can be named by a row.
_NAME = re.compile(r"^HOLDFAST_ACH_[A-Z0-9_]{1,60}\Z", re.ASCII)


def find(originator: Originator, setting: str) -> str | None:
    """None where the settings do not name one. Raises BadSettings where what they name is not there."""
    name = originator.settings.get(setting)
    if not name:
        return None
    if not isinstance(name, str) or not _NAME.match(name):
        raise BadSettings(f"{originator.public_id}: {setting} names no HOLDFAST_ACH_ variable")
    value = os.environ.get(name)
    if not value:
        raise BadSettings(f"{originator.public_id}: {name} is not set")
    return value
