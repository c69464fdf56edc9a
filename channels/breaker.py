"""A circuit breaker: an account that does not answer is left alone for a while."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from channels.kit.times import Clock
from core.clock import utc_now
from core.traffic_shares import RoutingRules


@dataclass
class Breaker:
    """Opens after so many failures in a row; then lets one call through at a time.

    The first that succeeds closes it; one that fails opens it for another pause.
    Its rules may change as it works.
    """

    rules: RoutingRules = field(default_factory=RoutingRules)
    clock: Clock = utc_now
    open_until: datetime | None = None
    _failures: int = 0
    _probing: bool = False

    @property
    def closed(self) -> bool:
        """Whether calls go through as they come."""
        return self.open_until is None

    def admits(self) -> bool:
        """Tell whether a call may be made now."""
        if self.open_until is None:
            return True
        return not self._probing and self.clock() >= self.open_until

    def begin(self) -> None:
        """Note that a call begins: the probe, where it is open."""
        self._probing = self.open_until is not None

    def succeed(self) -> None:
        """Note that the provider answered, whatever it said."""
        self.open_until, self._failures, self._probing = None, 0, False

    def fail(self) -> None:
        """Note that no answer came, or that the provider is down."""
        self._failures += 1
        self._probing = False
        if not self.closed or self._failures >= self.rules.breaker_failures:
            pause = timedelta(seconds=self.rules.breaker_pause_seconds)
            self.open_until = self.clock() + pause

    def abandon(self) -> None:
        """Note that a call ended without telling anything."""
        self._probing = False
