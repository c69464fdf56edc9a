"""A mail's headers in letters beyond ASCII (RFC 2047), encoded by `email.header`.

EmailMessage of Python 3.11 loses blanks between encoded words and makes words longer
than the 75 characters that a mail server takes (cpython#92081).
"""

from email.header import Header
from email.headerregistry import (
    BaseHeader,
    HeaderRegistry,
    UniqueSingleAddressHeader,
    UniqueUnstructuredHeader,
)
from email.policy import SMTP, Policy
from typing import cast

# With the blank before it, an encoded word of 75.
_LINE = 76


def _encoded(text: str, name: str, linesep: str) -> str:
    charset = "us-ascii" if text.isascii() else "utf-8"
    header = Header(text, charset, maxlinelen=_LINE, header_name=name)
    return header.encode(linesep=linesep)


class _Subject(UniqueUnstructuredHeader):
    """A header that is one text."""

    name: str

    def fold(self, *, policy: Policy) -> str:
        """Return the header as its lines."""
        text = _encoded(str(self), self.name, policy.linesep)
        return f"{self.name}: {text}{policy.linesep}"


class _From(UniqueSingleAddressHeader):
    """A header that is one mailbox with its name."""

    name: str

    def fold(self, *, policy: Policy) -> str:
        """Return the header as its lines; the address stands on its own."""
        shown, end = self.address.display_name, policy.linesep
        if shown.isascii():
            return f"{self.name}: {self}{end}"
        text = _encoded(shown, self.name, end)
        return f"{self.name}: {text}{end} <{self.address.addr_spec}>{end}"


_HEADERS = HeaderRegistry()
# The registry joins each with BaseHeader, which these are not by themselves.
_HEADERS.map_to_type("subject", cast("type[BaseHeader]", _Subject))
_HEADERS.map_to_type("from", cast("type[BaseHeader]", _From))
MAIL = SMTP.clone(header_factory=_HEADERS)
