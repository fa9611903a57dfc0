"""Wiring only: settings, environment, URLs, Celery, WSGI. No other package imports this one."""
