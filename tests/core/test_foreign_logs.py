"""Lines of libraries keep what is the library's; a flood is a few lines and a count."""

import asyncio
import json
import logging
from io import StringIO

import structlog

from core.process.caps import Cap
from tests.core.test_logs import lines

__all__ = ["lines"]


class Clock:
    """A clock that stands until it is set forward."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def events(lines: StringIO) -> list[str]:
    return [json.loads(line)["event"] for line in lines.getvalue().splitlines()]


async def test_a_task_nobody_waited_for_shows_its_exceptions_class_only(
    lines: StringIO,
) -> None:
    async def fail() -> None:
        raise KeyError("MARKER")

    def called(text: str) -> None:
        raise ValueError(text)

    loop = asyncio.get_running_loop()
    loop.call_soon(called, "MARKER")
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    task = asyncio.create_task(fail())
    await asyncio.wait({task})
    del task
    assert "MARKER" not in lines.getvalue()
    found = [json.loads(line) for line in lines.getvalue().splitlines()]
    assert [line["error"] for line in found] == ["ValueError", "KeyError"]
    assert found[0]["event"].startswith("Exception in callback")
    assert found[1]["event"] == "Task exception was never retrieved"


def test_exceptions_and_tracebacks_in_texts_become_their_class(lines: StringIO) -> None:
    library = logging.getLogger("library")
    library.error(ValueError("MARKER"))
    library.error("it failed: %s, %s", KeyError("MARKER"), "twice")
    trace = 'Traceback (most recent call last):\n  File "x", line 1\na.Wrong: MARKER\n'
    library.error("Startup:\n%s", trace)
    library.error("share %(part)s", {"part": 7})
    assert events(lines) == [
        "ValueError",
        "it failed: KeyError, twice",
        "Startup:\na.Wrong",
        "share 7",
    ]


def test_a_library_that_floods_is_counted(lines: StringIO) -> None:
    for number in range(1000):
        logging.getLogger("library").warning(f"{number} is no frame")
        structlog.get_logger("api").warning("receipt.forged", number=number)
        structlog.get_logger("worker").info("queue.serving", number=number)
    logging.getLogger("library").warning("another place")
    found = events(lines)
    assert found.count("receipt.forged") == 100
    assert sum("is no frame" in event for event in found) == 100
    assert found.count("queue.serving") == 1000
    assert "another place" in found


def test_what_was_left_out_is_told_once_when_its_minute_is_over() -> None:
    clock, told = Clock(), list[int]()
    cap = Cap(each=2, in_all=5, tell=told.append, clock=clock)
    assert [cap.lets(kind) for kind in "aaabbbccc"] == [True, True, False] * 2 + [
        True,
        False,
        False,
    ]
    clock.now = 59.9
    assert not cap.lets("d")
    assert told == []
    clock.now = 60
    assert cap.lets("a")
    assert told == [5]
    clock.now = 120
    assert cap.lets("a")
    assert told == [5]


def test_many_kinds_do_not_fill_the_memory() -> None:
    cap = Cap(each=2, in_all=5, tell=print, clock=Clock())
    for number in range(10_000):
        cap.lets(str(number))
    assert len(cap._seen) == 5
