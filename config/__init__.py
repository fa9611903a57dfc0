"""Wiring only: settings, environment, URLs, Celery, WSGI. No other package imports this one.

Celery's app is made here so that shared tasks find it in every process.
"""

from config.celery import app as celery_app

__all__ = ["celery_app"]
