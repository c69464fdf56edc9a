"""What of Temporal's Web UI goes through the console: its pages, and what reads.

The addresses of its API are Temporal's HTTP API (service.proto's google.api.http)
and two of the UI server's own. What is not listed here does not go through.
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import unquote, urlsplit

from centre.messages.histories import History

# Where it lies below the console.
PATH = "/temporal"
_SEGMENT = r"[\w.~:@!$&'()*+,;=%-]+"
_FILE = re.compile(
    r"/(?:_app|css|codemirror|i18n)/[\w./@~+-]+|/[\w-]+\.(?:ico|png|svg|gif|webmanifest)",
    re.ASCII,
)
_API = "/api/v1"
_SETTINGS = f"{_API}/settings"
# Of the server as a whole: its version, its capabilities, names to choose from.
_ANYWHERE = {f"{_API}/{name}" for name in ("cluster-info", "system-info", "namespaces")}
_QUERY = re.compile(
    rf"/workflows/{_SEGMENT}(?:/runs/{_SEGMENT})?/query(?:/{_SEGMENT})?", re.ASCII
)
_PAGE_OF_ONE = re.compile(
    r"/namespaces/[^/]+/workflows/([\w.:-]{1,200})(?:/([0-9a-f-]{36}))?(?:/|$)",
    re.ASCII,
)


class Kind(StrEnum):
    """How a call is answered."""

    PAGE = "page"  # any address of a page: all are one document with scripts
    FILE = "file"
    SETTINGS = "settings"
    READ = "read"
    DECODE = "decode"
    NOT_HERE = "not_here"
    WRITE = "write"


@dataclass(frozen=True)
class Rules:
    """What goes through, of one namespace."""

    namespace: str

    def kind(self, method: str, path: str) -> Kind:
        """Say what a call is; `path` is below PATH and still percent-encoded."""
        if path == "/codec/decode":
            return Kind.DECODE if method == "POST" else Kind.NOT_HERE
        if not path.startswith((f"{_API}/", "/codec/")):
            return self._document(method, path)
        if not _is_plain(path):
            return Kind.NOT_HERE
        if path == _SETTINGS:
            return Kind.SETTINGS if method == "GET" else Kind.WRITE
        if path in _ANYWHERE:
            return Kind.READ if method == "GET" else Kind.WRITE
        return self._inside(method, path)

    def _document(self, method: str, path: str) -> Kind:
        if method != "GET":
            return Kind.WRITE
        if not _FILE.fullmatch(path):
            return Kind.PAGE
        return Kind.FILE if _is_plain(path) else Kind.NOT_HERE

    def _inside(self, method: str, path: str) -> Kind:
        """A query asks a workflow how it stands: a POST that changes nothing."""
        own = f"{_API}/namespaces/{self.namespace}"
        rest = path.removeprefix(own)
        if not path.startswith(own) or (rest and not rest.startswith("/")):
            return Kind.NOT_HERE
        if method == "GET" or (method == "POST" and _QUERY.fullmatch(rest)):
            return Kind.READ
        return Kind.WRITE


def _is_plain(path: str) -> bool:
    """Tell whether every server reads the same segments in a path."""
    return all(_is_segment(part) for part in path.split("/")[1:])


def _is_segment(part: str) -> bool:
    if not re.fullmatch(_SEGMENT, part, re.ASCII):
        return False
    decoded = unquote(part)
    return decoded not in (".", "..") and not set(decoded) & set("/\\%")


def seen_from(referer: str | None, base: str) -> History:
    """Return which workflow's page a call comes from; `base` is the UI's path."""
    path = unquote(urlsplit(referer or "").path)
    found = _PAGE_OF_ONE.match(path.removeprefix(base))
    return History(found[1], found[2]) if found else History()
