"""Pages of accounts; importing them registers them with the console."""

from core.staff.views import access_log, account, passkeys, people, roles, sessions

__all__ = ["access_log", "account", "passkeys", "people", "roles", "sessions"]
