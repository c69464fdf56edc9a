"""Failed messages: what waits for a resend, and resending by filter."""

from nicegui import ui

from centre.audit.audit import Actor
from centre.audit.roles import OPERATORS
from centre.messages.contracts import MessageFilter
from centre.messages.finding import count_failed, list_failed
from centre.orders.cancel_resend import ResendOrder
from console.kit.acting import acting
from console.kit.context import context
from console.kit.errors import error_text, notify
from console.kit.frame import page
from console.kit.names import Names, names
from console.kit.presence import every
from console.kit.searching import draw_search
from console.kit.shell import Text, actions
from console.kit.table import Column, Listing, Row, Rows
from console.kit.texts import t
from console.kit.visits import present_visitor
from console.kit.widgets import button, card, when
from console.kit.words import why
from console.messages.bulk import Job, begin, job_of
from console.messages.message import ask_resend
from console.messages.message_rows import row_of
from core.models import MessageStatus
from core.words import Outcome


@page("/failed", title="failed.title", icon="error_outline")
async def failed() -> None:
    """Draw the conditions, the resend under way, and what has failed."""
    await _Page(await names()).draw()


class _Page:
    """The conditions and the list below them."""

    def __init__(self, known: Names) -> None:
        self._names = known
        self._wanted = MessageFilter()

    async def draw(self) -> None:
        visitor = await present_visitor()
        if visitor is not None and visitor.role in OPERATORS:
            with actions():
                again = acting(*OPERATORS)(self._ask)
                button(t("failed.bulk"), again, icon="replay", kind="primary")
        self._draw_search()
        self._room = ui.element("div").classes("hmc-room")
        self._listing = self._list()
        await self._listing.draw()
        if visitor is not None and (job := job_of(visitor.user.username)):
            self._follow(job)

    def _draw_search(self) -> None:
        with card():
            self._search = draw_search(self._names, recipient=False)
            find = acting()(self._find)
            for text in self._search.texts:
                text.on("keydown.enter", find)
            with ui.element("div").classes("hmc-buttons"):
                button(t("work.search"), find, icon="search", kind="plain")

    def _list(self) -> Listing:
        return Listing(
            columns=(
                Column("created", "work.created"),
                Column("type", "work.type", link="address"),
                Column("why", "failed.why", wrap=True),
                Column("client", "work.client"),
                Column("reference", "work.reference", mono=True),
                Column("until", "failed.until"),
            ),
            load=self._load,
            empty="failed.empty",
            key="id",
            label="failed.title",
        )

    async def _find(self, _: Actor) -> None:
        self._wanted = self._search.wanted()
        await self._listing.reload()

    async def _load(self, cursor: str | None) -> tuple[Rows, str | None]:
        found = await list_failed(context(), self._wanted, cursor)
        return [self._row(doc) for doc in found.items], found.next

    def _row(self, doc: MessageStatus) -> Row:
        reasons = (
            f"{self._names.channel(d.channel)}: {why(d.reason)}"
            for d in doc.deliveries
            if d.reason and d.outcome in (Outcome.FAILED, Outcome.SKIPPED)
        )
        extra = {"why": "; ".join(reasons), "until": when(doc.resendable_until)}
        return {**row_of(doc, self._names), **extra}

    async def _ask(self, _: Actor) -> None:
        """Say how many would go out again, and ask why."""
        self._wanted = self._search.wanted()
        await self._listing.reload()
        count, more = await count_failed(context(), self._wanted)
        if not count:
            notify(t("failed.none"))
            return
        many = t("failed.bulk_many", count=count) if more else str(count)
        channels = {str(c): name for c, name in self._names.channels.items()}
        order = await ask_resend(t("failed.bulk_ask", count=many), channels)
        if order is not None:
            await self._begin(order, count)

    async def _begin(self, order: ResendOrder, count: int) -> None:
        @acting(*OPERATORS)
        async def start(actor: Actor) -> None:
            self._follow(begin(context(), self._wanted, order, actor, count))

        await start()

    def _follow(self, job: Job) -> None:
        """Show how far a resend is, until it is over."""
        self._room.clear()
        with self._room, card():
            bar = ui.linear_progress(0, show_value=False).props("instant-feedback")
            bar.props["aria-label"] = t("failed.progress")
            with ui.element("div").props("role=status"):
                line = Text("p", "")

            async def tick() -> None:
                done = job.progress.resent + job.progress.skipped
                bar.value = 1.0 if job.over else min(1.0, done / max(1, job.count))
                line.text = _line(job)
                if job.over:
                    timer.cancel()
                    await self._listing.reload()

            timer = every(0.4, tick)


def _line(job: Job) -> str:
    made = {"resent": job.progress.resent, "skipped": job.progress.skipped}
    if not job.over:
        return t("failed.running", count=max(job.count, sum(made.values())), **made)
    if job.error is not None or job.broken:
        text = error_text(job.error) if job.error else t("error.unexpected")
        return t("failed.broke", why=text, resent=made["resent"])
    line = t("failed.done", **made)
    return f"{line} {t('failed.skipped_why')}" if made["skipped"] else line
