"""The test settings with the shop, and with waking on: for processes that fault tests start and kill."""

from config.settings.test import *  # noqa: F403
from config.settings.test import INSTALLED_APPS as REAL_APPS

INSTALLED_APPS = [*REAL_APPS, "tests.fault.shop"]
HOLDFAST_WAKE_WORKERS = True
