"""Logging: one JSON line per event on stdout, in every process the same way.

Lines carry ids and codes. An exception is written as its class and the places it
passed through, never its text or the source's values: drivers and validators
put what they were given into their messages (OWASP Logging Cheat Sheet).
"""

import json
import logging
import sys
import traceback
from collections.abc import MutableMapping
from typing import Any

import structlog

from core.process.caps import Cap
from core.process.foreign_logs import reduce

_MAX_TEXT = 2000
_PLACES = 12
# Lines of one kind, and of all kinds that are counted.
_A_MINUTE, _A_MINUTE_IN_ALL = 100, 1000

Event = MutableMapping[str, Any]


def configure_logging(level: str = "info") -> None:
    """Send our events, and those of the libraries, to stdout as JSON lines."""
    ours: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _failure,
        _shorten,
    ]
    structlog.configure(
        processors=[*ours, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    _route_libraries(level, ours)


def describe(error: BaseException) -> dict[str, object]:
    """Return what a log may say of an exception: its class, and where."""
    frames = traceback.extract_tb(error.__traceback__)[-_PLACES:]
    cause = error.__cause__ or error.__context__
    told: dict[str, object] = {
        "error": type(error).__name__,
        "where": [f"{_short(f.filename)}:{f.lineno} {f.name}" for f in frames],
    }
    if cause is not None:
        told["cause"] = type(cause).__name__
    return told


def _route_libraries(level: str, ours: list[Any]) -> None:
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[structlog.stdlib.add_logger_name, *ours],
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.JSONRenderer(serializer=_dumps),
        ],
    )
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(formatter)
    handler.addFilter(reduce)
    handler.addFilter(_Sparing())
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level.upper())
    # httpx logs whole addresses, which at providers hold tokens and numbers.
    for noisy in ("httpx", "httpcore", "aiosqlite", "sqlalchemy.engine"):
        logging.getLogger(noisy).setLevel(logging.WARNING)


class _Sparing(logging.Filter):
    """Lets a flood of lines be a few, and one that counts the others.

    Of ours only warnings: what we tell as information we cause ourselves, but
    for requests, and those are counted where they come in (api/http/access_log.py).
    """

    def __init__(self) -> None:
        super().__init__()
        self._cap = Cap(_A_MINUTE, _A_MINUTE_IN_ALL, _tell_left_out)

    def filter(self, record: logging.LogRecord) -> bool:
        """Tell whether a line is written."""
        told: object = record.msg
        if not isinstance(told, dict):
            return self._cap.lets(f"{record.name} {record.module}:{record.lineno}")
        if record.levelno < logging.WARNING:
            return True
        return self._cap.lets(f"{record.name} {told.get('event')}")


def _tell_left_out(count: int) -> None:
    structlog.get_logger("logs").info("lines.left_out", count=count)


def _dumps(event: object, **_: object) -> str:
    return json.dumps(event, default=_unknown)


def _unknown(value: object) -> str:
    """Name a value's class only: its text could hold anything."""
    return f"<{type(value).__name__}>"


def _failure(_: object, __: str, event: Event) -> Event:
    """Replace an exception with its description."""
    told = event.pop("exc_info", None)
    error = _exception(told)
    return {**event, **describe(error)} if error is not None else event


def _exception(told: object) -> BaseException | None:
    if isinstance(told, BaseException):
        return told
    if isinstance(told, tuple) and len(told) == 3:
        return told[1] if isinstance(told[1], BaseException) else None
    return sys.exc_info()[1] if told else None


def _shorten(_: object, __: str, event: Event) -> Event:
    for key, value in event.items():
        if isinstance(value, str) and len(value) > _MAX_TEXT:
            event[key] = value[:_MAX_TEXT] + "…"
    return event


def _short(filename: str) -> str:
    return "/".join(filename.replace("\\", "/").split("/")[-2:])
