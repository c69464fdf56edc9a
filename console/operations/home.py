"""The first page: is everything all right?"""

from nicegui import ui

from centre.watch.models import ProviderHealth
from centre.watch.overview import shared_overview
from console.kit.context import context
from console.kit.frame import page
from console.kit.names import Names, names
from console.kit.presence import every
from console.kit.shell import Text
from console.kit.table import Column, Listing, Row, Rows
from console.kit.texts import t
from console.kit.widgets import card, when
from console.operations.hours import draw_hours
from core.words import Status

_EVERY_SECONDS = 10.0
# Below this share of calls that went well somebody should look at a provider.
_WELL = 0.9
UNACKNOWLEDGED = "/messages?unacknowledged=1"
# So few calls say nothing about a provider.
_ENOUGH = 5


@page("/", title="home.title", icon="dashboard")
async def home() -> None:
    """Draw the first page, and go on drawing it."""
    await _Page(await names()).draw()


class _Page:
    """The verdict, the figures, the providers."""

    def __init__(self, known: Names) -> None:
        self._names = known

    async def draw(self) -> None:
        self._seen = await shared_overview(context())
        self._room = ui.element("div").classes("hmc-room")
        self._fill()
        with card(t("home.providers")):
            self._providers = Listing(
                columns=_COLUMNS,
                load=self._load,
                empty="home.no_calls",
                key="key",
                label="home.providers",
            )
            await self._providers.draw()
        every(_EVERY_SECONDS, self._again)

    async def _again(self) -> None:
        self._seen = await shared_overview(context())
        self._room.clear()
        self._fill()
        await self._providers.reload()

    def _fill(self) -> None:
        with self._room:
            self._verdict(self._troubles())
            self._tiles()
            draw_hours(self._seen.hours)
            at = when(self._seen.at)
            Text("p", t("home.as_of", at=at)).classes("hmc-quiet")

    def _troubles(self) -> list[str]:
        seen = self._seen
        found = []
        if not seen.store:
            found.append(t("home.no_store"))
        if not seen.temporal:
            found.append(t("home.no_temporal"))
        if seen.unserved:
            found.append(t("home.unserved", clients=self._clients(seen.unserved)))
        paused = tuple(q.client for q in seen.queues or () if q.paused)
        if paused:
            found.append(t("home.paused", clients=self._clients(paused)))
        return [
            *found,
            *self._raised(),
            *self._sick(),
            *self._kept_away(),
            *self._waiting(),
            *self._due(),
        ]

    def _raised(self) -> list[str]:
        return [
            t(
                "alarms.raised_now",
                client=self._names.subject(alarm),
                kind=t(f"alarms.kind_{alarm.kind}"),
            )
            for alarm in self._seen.alarms
        ]

    def _clients(self, codes: tuple[str, ...]) -> str:
        return ", ".join(self._names.client(code) for code in codes)

    def _sick(self) -> list[str]:
        return [
            t(
                "home.sick",
                provider=health.provider,
                channel=self._names.channel(health.channel),
                share=_percent(health.share),
            )
            for health in self._seen.providers
            if _is_sick(health)
        ]

    def _kept_away(self) -> list[str]:
        """Return the accounts that get less than their share, and why."""
        found = []
        for one in self._seen.accounts:
            health, channel = one.health, self._names.channel(one.channel)
            if health.open_until:
                until = when(health.open_until)
                text = t("home.breaker", channel=channel, code=one.code, until=until)
            else:
                now, rest = health.share_now, health.share_at_rest
                shares = {"now": now, "rest": rest}
                text = t("home.less", channel=channel, code=one.code, **shares)
            found.append(text)
        return found

    def _waiting(self) -> list[str]:
        """Return for which providers messages wait."""
        return [
            t(
                "home.away",
                channel=self._names.channel(one.channel),
                count=one.count,
                account=one.account or "—",
            )
            for one in self._seen.away
        ]

    def _due(self) -> list[str]:
        """Return what waits for somebody: failed messages, secrets that end."""
        found = []
        critical = self._seen.unacknowledged
        if critical is not None and critical.count:
            count = f"{critical.count}{'+' if critical.more else ''}"
            since = when(critical.oldest)
            found.append(t("ward.unacknowledged", count=count, since=since))
        waiting = self._seen.waiting
        if waiting is not None and waiting.count:
            count = f"{waiting.count}{'+' if waiting.more else ''}"
            until = when(waiting.first_end)
            found.append(t("home.waiting", count=count, until=until))
        for secret in self._seen.ending:
            client, until = self._names.client(secret.client), when(secret.expires_at)
            found.append(t("home.ending", client=client, until=until))
        return found

    def _verdict(self, troubles: list[str]) -> None:
        with ui.element("section").classes(f"hmc-verdict {'bad' if troubles else ''}"):
            icon = "report_problem" if troubles else "check_circle"
            ui.icon(icon).props("aria-hidden=true")
            with ui.element("div"):
                Text("h2", t("home.bad" if troubles else "home.good"))
                if not troubles:
                    Text("p", t("home.good_note")).classes("hmc-quiet")
                    return
                with ui.element("ul"):
                    for trouble in troubles:
                        Text("li", trouble)
                with ui.element("div").classes("hmc-line"):
                    ui.link(t("home.see_failed"), "/failed")
                    if self._seen.unacknowledged and self._seen.unacknowledged.count:
                        ui.link(t("ward.see_unacknowledged"), UNACKNOWLEDGED)
                    ui.link(t("home.see_queues"), "/queues")
                    if self._seen.alarms:
                        ui.link(t("alarms.see"), "/alarms")

    def _tiles(self) -> None:
        seen = self._seen
        today = seen.today or {}
        known = seen.today is not None
        queues = seen.queues or ()
        failed = today.get(Status.FAILED, 0)
        ended = sum(today.get(s, 0) for s in _ENDED)
        under_way = sum(today.get(s, 0) for s in Status if s not in _ENDED)
        oldest = max((q.oldest_age_seconds for q in queues), default=0.0)
        waiting = seen.waiting.count if seen.waiting else 0
        with ui.element("div").classes("hmc-tiles"):
            volume = str(seen.volume) if known else t("work.none")
            _tile("home.today", volume, t("home.delivering", count=under_way))
            _tile("home.reach", _percent(seen.reach), t("home.of_ended", count=ended))
            count = str(failed) if known else t("work.none")
            _tile("home.failed", count, t("home.waiting_count", count=waiting))
            backlog = sum(q.backlog for q in queues)
            shown = str(backlog) if seen.queues is not None else t("work.none")
            _tile("home.backlog", shown, t("home.oldest", seconds=f"{oldest:.0f}"))

    async def _load(self, _: str | None) -> tuple[Rows, str | None]:
        return [self._row(health) for health in self._seen.providers], None

    def _row(self, health: ProviderHealth) -> Row:
        calls = health.accepted + health.refused + health.failed + health.unknown
        return {
            "key": f"{health.provider}/{health.channel}",
            "channel": self._names.channel(health.channel),
            "provider": health.provider,
            "calls": str(calls),
            "share": _percent(health.share),
            "tone": "bad" if _is_sick(health) else "good",
        }


_ENDED = (Status.DELIVERED, Status.FAILED, Status.EXPIRED, Status.CANCELLED)
_COLUMNS = (
    Column("channel", "work.channel"),
    Column("provider", "home.provider", mono=True),
    Column("calls", "home.calls", right=True),
    Column("share", "home.share", tone="tone"),
)


def _tile(title: str, figure: str, below: str) -> None:
    with ui.element("section").classes("hmc-tile"):
        Text("span", t(title)).classes("hmc-quiet")
        Text("strong", figure)
        Text("span", below).classes("hmc-quiet")


def _percent(share: float | None) -> str:
    return t("work.none") if share is None else f"{share:.1%}"


def _is_sick(health: ProviderHealth) -> bool:
    calls = health.accepted + health.refused + health.failed + health.unknown
    return calls >= _ENOUGH and (health.share or 0.0) < _WELL
