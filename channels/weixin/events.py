"""WeChat's events as plain values: XML or JSON, a list of one or of several.

Events say `MsgID`, messages `MsgId`; JSON gives an object where XML has one
`List`, and an array where it has several.
"""

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from xml.etree.ElementTree import Element, ParseError, TreeBuilder

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser

from core.errors import Malformed

Event = Mapping[str, Any]
_DEEPEST = 8
# The largest, a list of what became of many consents, has some hundred.
_MOST = 10_000
# Base64 in XML, within CDATA or not, or in JSON, whose writer may escape slashes.
_SEALED = re.compile(
    rb"<Encrypt>\s*+(?:<!\[CDATA\[)?+\s*+([A-Za-z0-9+/=]++)"
    rb'|"Encrypt"\s*+:\s*+"([A-Za-z0-9+/=\\]++)"'
)


def sealed_text(body: bytes) -> str:
    """Return the encrypted part of a body, which is not parsed for it.

    Whose it is is known by the signature over this part alone.
    """
    found = _SEALED.search(body)
    if found is None:
        raise Malformed("The body holds nothing encrypted.")
    return (found[1] or found[2]).decode().replace("\\", "")


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
    if body.count(b",") > _MOST:
        raise ValueError("too many fields")
    return json.loads(body)


def _xml(body: bytes) -> Any:
    parser = DefusedXMLParser(target=_Bounded(), forbid_dtd=True)
    parser.feed(body)
    return _value(parser.close())


class _Bounded(TreeBuilder):
    """Builds a tree; ValueError as soon as it grows too deep or too large."""

    def __init__(self) -> None:
        super().__init__()
        self._depth = self._count = 0

    def start(self, tag: Any, attrs: Any, /) -> Element:
        self._depth, self._count = self._depth + 1, self._count + 1
        if self._depth > _DEEPEST or self._count > _MOST:
            raise ValueError("too deep, or too many elements")
        return super().start(tag, attrs)

    def end(self, tag: Any, /) -> Element:
        self._depth -= 1
        return super().end(tag)


def _value(element: Element) -> Any:
    """Return a text, or an object whose repeated names hold arrays."""
    if not len(element):
        return element.text or ""
    found: dict[str, Any] = {}
    for child in element:
        value = _value(child)
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
