"""Log lines: one JSON object each, and never an exception's text."""

import io
import json
import logging
from collections.abc import Iterator
from contextlib import redirect_stdout

import pytest
import structlog

from core.process.logs import configure_logging, describe


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    """What is logged; the root logger is put back afterwards."""
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    out = io.StringIO()
    try:
        with redirect_stdout(out):
            configure_logging("info")
            yield out
    finally:
        root.handlers, root.level = handlers, level
        structlog.reset_defaults()


def fail() -> None:
    try:
        raise KeyError("inner MARKER")
    except KeyError as error:
        raise ValueError("outer MARKER") from error


def test_our_lines_and_the_libraries_are_json(lines: io.StringIO) -> None:
    structlog.get_logger("a").info("message.accepted", id="m\n1")
    logging.getLogger("library").warning("look %s", "here")
    ours, theirs = (json.loads(line) for line in lines.getvalue().splitlines())
    assert (ours["event"], ours["id"], ours["level"]) == (
        "message.accepted",
        "m\n1",
        "info",
    )
    assert (theirs["event"], theirs["logger"]) == ("look here", "library")


def test_an_exceptions_text_is_never_written(lines: io.StringIO) -> None:
    try:
        fail()
    except ValueError as error:
        structlog.get_logger("a").exception("it.failed")
        logging.getLogger("library").exception("it failed")
        logging.getLogger("library").error("it failed", exc_info=error)
    text = lines.getvalue()
    assert "MARKER" not in text
    for line in text.splitlines():
        told = json.loads(line)
        assert (told["error"], told["cause"]) == ("ValueError", "KeyError")
        assert any(place.endswith(" fail") for place in told["where"])


def test_values_that_json_lacks_show_their_class_only(lines: io.StringIO) -> None:
    class Person:
        """Somebody."""

        def __repr__(self) -> str:
            return "MARKER"

    structlog.get_logger("a").info("x", who=Person(), text="y" * 1_000_000)
    told = json.loads(lines.getvalue())
    assert told["who"] == "<Person>"
    assert len(told["text"]) < 3000


def test_a_description_names_class_places_and_cause() -> None:
    with pytest.raises(ValueError, match="outer") as caught:
        fail()
    told = describe(caught.value)
    assert told["error"] == "ValueError"
    assert told["cause"] == "KeyError"
    assert "MARKER" not in str(told)


def test_the_level_is_kept(lines: io.StringIO) -> None:
    structlog.get_logger("a").debug("quiet")
    logging.getLogger("httpx").info("POST https://api.example/?access_token=MARKER")
    assert lines.getvalue() == ""
