"""Figures for Prometheus; labels are route templates, codes and ids, never people."""

from collections.abc import Iterable, Mapping

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
)

from centre.accounts.models import ByAccount
from centre.messages.contracts import AwayFrom
from core.words import Channel

_METHODS = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"})
_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)


class Metrics:
    """One registry per application, so that two in a process do not mix."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._requests = Counter(
            "hmc_http_requests",
            "Requests answered.",
            ("method", "route", "status"),
            registry=self._registry,
        )
        self._seconds = Histogram(
            "hmc_http_request_seconds",
            "Time to answer a request.",
            ("method", "route"),
            buckets=_BUCKETS,
            registry=self._registry,
        )
        self._accepted = Counter(
            "hmc_messages_accepted",
            "Messages accepted; `replayed` for a repeated key.",
            ("client", "replayed"),
            registry=self._registry,
        )
        self._accept = Histogram(
            "hmc_accept_seconds",
            "Time from a checked request to Temporal having the message.",
            buckets=_BUCKETS,
            registry=self._registry,
        )
        self._ready = Gauge(
            "hmc_ready",
            "1 where a part that the centre needs was found working.",
            ("part",),
            registry=self._registry,
        )
        self._critical()
        self._of_providers()
        self._of_store()

    def _of_store(self) -> None:
        self._alarms = self._gauge(
            "hmc_queue_alarm", "1 while the queue's alarm is raised.", "client", "kind"
        )
        self._settling = self._gauge(
            "hmc_settling_messages",
            "Old messages given to whose they are so far; absent once all are.",
            "work",
        )

    def alarms(self, raised: Iterable[tuple[str, str]]) -> None:
        """Note which alarms are raised, by client and kind; others are over."""
        self._alarms.clear()
        for client, kind in raised:
            self._alarms.labels(client, kind).set(1)

    def settling(self, done: int | None) -> None:
        """Note how far the work on old messages has come; None: it is over."""
        self._settling.clear()
        if done is not None:
            self._settling.labels("message-owners").set(done)

    def away(self, waiting: Iterable[AwayFrom]) -> None:
        """Note how many messages wait for each provider; others have none."""
        self._away.clear()
        for one in waiting:
            self._away.labels(one.channel, one.account or "").set(one.count)

    def _of_providers(self) -> None:
        self._receipts = Counter(
            "hmc_receipts",
            "Receipts that came to an address; `result` says what became of each.",
            ("channel", "provider", "result"),
            registry=self._registry,
        )
        labels = ("channel", "account")
        self._away = self._gauge(
            "hmc_messages_waiting_for_provider",
            "Messages that wait until a provider can be reached again.",
            *labels,
        )
        self._share = self._gauge(
            "hmc_account_share", "Hundredths of the channel's traffic, now.", *labels
        )
        self._open = self._gauge(
            "hmc_account_open", "1 while the account's breaker is open.", *labels
        )
        self._slow = self._gauge(
            "hmc_account_slow_share", "The share of late answers.", *labels
        )
        self._errors = self._gauge(
            "hmc_account_errors", "Calls without an answer of late.", *labels
        )

    def accounts(self, health: ByAccount) -> None:
        """Note how the enabled accounts stand; those that are gone are left out."""
        for gauge in (self._share, self._open, self._slow, self._errors):
            gauge.clear()
        for (channel, code), seen in health.items():
            names = channel.value, code
            self._share.labels(*names).set(seen.share_now)
            self._open.labels(*names).set(int(seen.open_until is not None))
            self._slow.labels(*names).set(seen.slow / seen.calls if seen.calls else 0)
            self._errors.labels(*names).set(seen.errors)

    def _critical(self) -> None:
        self._passed = Gauge(
            "hmc_critical_over_limit",
            "Critical messages sent although a limit of the channel was used up.",
            ("channel", "limit"),
            registry=self._registry,
        )
        self._unacknowledged = self._gauge(
            "hmc_unacknowledged_messages",
            "Messages that somebody still has to confirm.",
        )
        self._unacknowledged_age = self._gauge(
            "hmc_unacknowledged_oldest_seconds",
            "How long the first of them has waited.",
        )

    def _gauge(self, name: str, meaning: str, *labels: str) -> Gauge:
        return Gauge(name, meaning, labels, registry=self._registry)

    def unacknowledged(self, count: int, oldest_seconds: float) -> None:
        """Note how much waits for a person's confirmation."""
        self._unacknowledged.set(count)
        self._unacknowledged_age.set(oldest_seconds)

    def passed_limits(self, passed: Mapping[tuple[Channel, str], int]) -> None:
        """Note how often critical messages went out over a limit of ours."""
        for (channel, limit), count in passed.items():
            self._passed.labels(channel, limit).set(count)

    def request(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count one answer."""
        known = method if method in _METHODS else "other"
        self._requests.labels(known, route, str(status)).inc()
        self._seconds.labels(known, route).observe(seconds)

    def accepted(self, client: str, replayed: bool, seconds: float) -> None:
        """Count one message that Temporal has."""
        self._accepted.labels(client, str(replayed).lower()).inc()
        self._accept.observe(seconds)

    def receipt(self, channel: str, provider: str, result: str) -> None:
        """Count one receipt, or one call that was none."""
        self._receipts.labels(channel, provider, result).inc()

    def ready(self, part: str, works: bool) -> None:
        """Note whether a part works."""
        self._ready.labels(part).set(int(works))

    def text(self) -> bytes:
        """Return the figures in Prometheus' text format."""
        return generate_latest(self._registry)
