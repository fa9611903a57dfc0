"""Fixtures every test may use. The servers are started by `tests/servers.py`."""
