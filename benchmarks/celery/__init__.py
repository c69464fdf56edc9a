"""Celery with Redis, measured beside ours."""
