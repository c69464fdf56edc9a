"""Whether requests come by a reverse proxy that nobody has said may be believed.

Then everybody has the proxy's address: in the audit log, in the pace of sign-ins,
and in what clients are held to.
"""

from dataclasses import dataclass

import structlog
from starlette.types import Scope

UNTRUSTED = (
    "requests carry X-Forwarded-For and HMC_TRUSTED_PROXIES is not set, so that all "
    "of them seem to come from one address; name the reverse proxy there"
)
_HEADER = b"x-forwarded-for"
_log = structlog.get_logger("api")


@dataclass
class Forwarding:
    """Notes the first such request, with one line in the log."""

    trusted: bool
    seen: bool = False

    def note(self, scope: Scope) -> None:
        """Look at a request's headers."""
        if self.trusted or self.seen:
            return
        if any(name == _HEADER for name, _ in scope["headers"]):
            self.seen = True
            _log.warning("untrusted proxy", advice=UNTRUSTED)

    @property
    def doubts(self) -> tuple[str, ...]:
        """What is to be said of it."""
        return (UNTRUSTED,) if self.seen else ()
