"""A new batch from a file: checked line by line first, sent when nothing is wrong."""

import asyncio
from datetime import datetime

from nicegui import ui
from nicegui.events import UploadEventArguments

from console.desk import desk
from console.failures import Refused, notify, translated
from console.forms import Form
from console.frame import acting, page
from console.listing import Column, Listing, Row, Rows
from console.names import Names, names
from console.pages.batches import MAY_ACT
from console.setup import back, check_given
from console.shell import Text
from console.texts import t
from console.widgets import button, card, confirm, facts, note
from core.batches import MAX_RATE, BatchRequest
from core.errors import NotFound
from core.models import MessageType
from core.words import IdentityType
from operations.accepting import message_type
from operations.batch_files import (
    Estimate,
    Fault,
    Faulty,
    checked,
    columns_of,
    estimate,
    request_of,
)
from operations.batches import submit
from operations.sheets import MAX_BYTES, Sheet, empty_sheet, read_sheet
from store import clients, dictionaries
from store.audit import Actor
from store.clients import Client

_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@page("/batches/new", title="batch.new", roles=MAY_ACT, icon="groups")
async def new_batch() -> None:
    """Draw the form, and below it what became of the file."""
    await _Page(await names()).draw()


class _Page:
    """Whose, which type, which file; then the faults, or the sending."""

    def __init__(self, known: Names) -> None:
        self._names = known
        self._form = Form()

    async def draw(self) -> None:
        back("/batches", t("batch.title"))
        Text("p", t("batch.intro")).classes("hmc-quiet")
        with card():
            self._form.choice("client", "batch.client", self._names.clients)
            self._form.choice("type", "batch.type", self._names.types)
            with ui.element("div").classes("hmc-buttons"):
                empty = acting(*MAY_ACT)(self._download)
                button(t("batch.template"), empty, icon="download")
            self._draw_upload()
        self._room = ui.element("div").classes("hmc-room")

    def _draw_upload(self) -> None:
        async def take(event: UploadEventArguments) -> None:
            data = await event.file.read()
            upload.reset()
            await acting(*MAY_ACT)(self._check)(data)

        upload = ui.upload(
            on_upload=take,
            on_rejected=lambda: notify(t("batch.too_large"), good=False),
            max_file_size=MAX_BYTES,
            auto_upload=True,
        )
        # Quasar's own looks nest a field in a button: out of sight, behind ours.
        upload.props('accept=".xlsx,.csv"').classes("hidden")
        pick = f"() => getElement({upload.id}).$refs.qRef.pickFiles()"
        choose = button(t("batch.upload"), icon="upload_file", kind="primary")
        choose.on("click", js_handler=pick)

    async def _chosen(self) -> tuple[Client, MessageType]:
        check_given(self._form, "client", "type")
        async with desk().store.sessions() as session:
            client = await clients.find_client(session, self._form.value("client"))
        kind = await message_type(desk(), self._form.value("type"))
        if client is None or kind is None:
            raise NotFound("There is no such message type.")
        return client, kind

    async def _download(self, _: Actor) -> None:
        if not self._form.value("type"):
            check_given(self._form, "type")
        kind = await message_type(desk(), self._form.value("type"))
        if kind is not None:
            made = await asyncio.to_thread(empty_sheet, columns_of(kind))
            ui.download.content(made, f"{kind.code}.xlsx", _XLSX)

    async def _check(self, _: Actor, data: bytes) -> None:
        self._room.clear()
        client, kind = await self._chosen()
        sheet = await asyncio.to_thread(read_sheet, data)
        try:
            labels = await self._labels()
            asked = await asyncio.to_thread(request_of, sheet, kind, labels)
            cost = await self._estimate(client, sheet, asked)
        except Faulty as error:
            await self._draw_faults(error.faults)
            return
        with self._room:
            self._draw_sending(client, asked, cost)

    async def _labels(self) -> dict[str, str]:
        """Return the columns' other names: what the dictionary calls identities."""
        async with desk().store.sessions() as session:
            known = await dictionaries.list_identity_types(session)
        return {
            label: str(entry.code)
            for entry in known
            for label in (entry.name, entry.name_en)
            if label and entry.code in set(IdentityType)
        }

    async def _estimate(
        self, client: Client, sheet: Sheet, asked: BatchRequest
    ) -> Estimate:
        frame = await checked(desk(), client, sheet, asked)
        async with desk().store.sessions() as session:
            prices = await dictionaries.list_channels(session)
        costs = [(entry.code, entry.cost_per_message) for entry in prices]
        return estimate(frame, len(asked.recipients), costs)

    async def _draw_faults(self, faults: tuple[Fault, ...]) -> None:
        rows = [_fault(number, fault) for number, fault in enumerate(faults)]

        async def load(_: str | None) -> tuple[Rows, str | None]:
            return rows, None

        with self._room:
            note(t("batch.faults"), "bad").props("role=alert")
            await Listing(
                columns=(
                    Column("line", "batch.line", right=True),
                    Column("column", "batch.column"),
                    Column("todo", "batch.todo", wrap=True),
                ),
                load=load,
                empty="batch.empty",
                key="number",
                label="batch.todo",
            ).draw()

    def _draw_sending(
        self, client: Client, asked: BatchRequest, cost: Estimate
    ) -> None:
        count = f"{len(asked.recipients):,}"
        form = Form()
        with card(t("batch.ready", count=count)):
            facts(
                [
                    (t("batch.stages"), self._stages(cost)),
                    (t("batch.cost"), _cost(cost)),
                ]
            )
            rate = f"{desk().settings.batch_rate:g}"
            hint = t("batch.rate_hint", rate=rate)
            form.number("rate_per_second", "batch.rate", hint=hint)
            form.text("send_at", "batch.send_at", hint=t("batch.send_at_hint"))

            @acting(*MAY_ACT)
            async def send(actor: Actor) -> None:
                whole = asked.model_copy(update=_shared(form))
                text = t(
                    "batch.send_ask", count=count, type=self._names.type(asked.type)
                )
                if not await confirm(
                    t("batch.send"), text, yes=t("batch.send"), danger=False
                ):
                    return
                with form.checked():
                    done = await submit(desk(), client, whole, None, actor)
                notify(t("batch.accepted"))
                ui.navigate.to(f"/batches/{done.batch.id}")

            with ui.element("div").classes("hmc-buttons"):
                button(t("batch.send"), send, icon="send", kind="primary")

    def _stages(self, cost: Estimate) -> str:
        stages = (" + ".join(map(self._names.channel, s)) for s in cost.stages)
        return " → ".join(stages)


def _fault(number: int, fault: Fault) -> Row:
    return {
        "number": number,
        "line": str(fault.line) if fault.line else "",
        "column": fault.column,
        "todo": translated(fault.detail),
    }


def _cost(cost: Estimate) -> str:
    return t("batch.cost_text", least=f"{cost.least:,.2f}", most=f"{cost.most:,.2f}")


def _shared(form: Form) -> dict[str, object]:
    """Return the rate and the time; marks a field that is neither."""
    rate, at = form.value("rate_per_second"), form.value("send_at")
    if rate is not None and not 0 < rate <= MAX_RATE:
        form.refuse("rate_per_second", t("batch.rate_wrong"))
        raise Refused
    return {"rate_per_second": rate, "send_at": _time(form, at) if at else None}


def _time(form: Form, text: str) -> datetime:
    try:
        local = datetime.fromisoformat(text)
    except ValueError:
        form.refuse("send_at", t("batch.send_at_wrong"))
        raise Refused from None
    zone = desk().settings.timezone
    return local if local.tzinfo else local.replace(tzinfo=zone)
