"""WeChat's events as plain values: XML or JSON, a list of one or of several.

Events say `MsgID`, messages `MsgId`; JSON gives an object where XML has one
`List`, and an array where it has several.
"""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

from core.errors import Malformed

Event = Mapping[str, Any]
_DEEPEST = 8


def read_event(body: bytes) -> Event:
    """Return an event; Malformed for a body that is none."""
    try:
        found = _json(body) if body.lstrip()[:1] == b"{" else _xml(body)
    except (ParseError, DefusedXmlException, ValueError, RecursionError):
        raise Malformed("The body is neither XML nor JSON.") from None
    if not isinstance(found, dict):
        raise Malformed("The body is no event.")
    return found


def _json(body: bytes) -> Any:
    return json.loads(body)


def _xml(body: bytes) -> Any:
    return _value(fromstring(body, forbid_dtd=True))


def _value(element: Element, depth: int = 0) -> Any:
    """Return a text, or an object whose repeated names hold arrays."""
    if not len(element):
        return element.text or ""
    if depth > _DEEPEST:
        raise ValueError("too deep")
    found: dict[str, Any] = {}
    for child in element:
        value = _value(child, depth + 1)
        if child.tag not in found:
            found[child.tag] = value
        elif isinstance(found[child.tag], list):
            found[child.tag].append(value)
        else:
            found[child.tag] = [found[child.tag], value]
    return found


def text(event: Event, name: str) -> str:
    """Return a field as one line of text, empty where it is missing or none."""
    value = event.get(name)
    if isinstance(value, bool) or not isinstance(value, str | int):
        return ""
    line = str(value)[:256].strip()
    return line if line.isprintable() else ""


def items(event: Event, name: str) -> list[Event]:
    """Return the `List` of one of the subscription events, one or several."""
    holder = event.get(name)
    # JSON has the list at the top, XML below the event's own element.
    found = holder.get("List") if isinstance(holder, dict) else event.get("List")
    several = found if isinstance(found, list) else [found]
    return [item for item in several if isinstance(item, dict)]


def time_of(event: Event, now: datetime) -> datetime:
    """Return when it happened; now where it does not say."""
    seconds = text(event, "CreateTime")
    if not seconds.isascii() or not seconds.isdigit() or len(seconds) > 10:
        return now
    return datetime.fromtimestamp(int(seconds), UTC)
