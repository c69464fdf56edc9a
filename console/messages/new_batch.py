"""A new batch from a file: checked line by line first, sent as it was checked."""

import asyncio
from collections.abc import Awaitable, Callable

from nicegui import ui
from nicegui.events import UploadEventArguments

from centre.audit.audit import Actor
from centre.audit.roles import OPERATORS
from centre.batches.files import ListCheck
from centre.batches.lists import examine_list, submit_list
from centre.catalog.message_types import find_message_type
from console.kit.acting import acting
from console.kit.context import context
from console.kit.errors import notify
from console.kit.frame import page
from console.kit.names import Names, names
from console.kit.setup import back, check_given
from console.kit.shell import Text
from console.kit.texts import t
from console.kit.widgets import button, card, confirm, note
from console.messages import batch_check as result
from console.messages.batch_form import FIELDS, BatchForm, Choice, empty_list, labels
from core.base import evolve
from core.sheets.lines import MAX_BYTES, Faulty, Sheet
from core.sheets.reading import read_sheet


@page("/batches/new", title="batch.new", roles=OPERATORS, icon="groups")
async def new_batch() -> None:
    """Draw the form, and below it what became of the file."""
    await _Page(await names()).draw()


class _Page:
    """The form, the file, and what was checked of both: it is that which is sent."""

    def __init__(self, known: Names) -> None:
        self._names = known
        self._form = BatchForm()
        self._file: tuple[str, bytes] | None = None
        # Grows with every change of the form or the file: an older check is void.
        self._turn = 0

    async def draw(self) -> None:
        back("/batches", t("batch.title"))
        Text("p", t("batch.intro")).classes("hmc-quiet")
        with card():
            await self._form.draw(self._names)
            for name in FIELDS:
                self._form.element(name).on_value_change(self._void)
            with ui.element("div").classes("hmc-buttons"):
                empty = acting(*OPERATORS)(self._download)
                button(t("batch.template"), empty, icon="download")
            self._draw_upload()
        self._room = ui.element("div").classes("hmc-room")

    def _draw_upload(self) -> None:
        async def take(event: UploadEventArguments) -> None:
            self._file = (event.file.name, await event.file.read())
            upload.reset()
            await acting(*OPERATORS)(self._check)()

        upload = ui.upload(
            on_upload=take,
            on_rejected=lambda: notify(t("batch.too_large"), good=False),
            max_file_size=MAX_BYTES,
            auto_upload=True,
        )
        # Quasar's own looks nest a field in a button: out of sight, behind ours.
        upload.props('accept=".xlsx,.csv,.txt"').classes("hidden")
        pick = f"() => getElement({upload.id}).$refs.qRef.pickFiles()"
        choose = button(t("batch.upload"), icon="upload_file", kind="primary")
        choose.on("click", js_handler=pick)

    def _void(self) -> None:
        """Take back what was checked: the form says something else now."""
        self._turn += 1
        self._room.clear()
        if self._file is None:
            return
        with self._room:
            note(t("batch.changed", file=self._file[0]), "warn").props("role=status")
            again = acting(*OPERATORS)(self._check)
            with ui.element("div").classes("hmc-buttons"):
                button(t("batch.check"), again, icon="rule", kind="primary")

    async def _download(self, _: Actor) -> None:
        if not self._form.value("type"):
            check_given(self._form, "type")
        message_type = await find_message_type(context(), self._form.value("type"))
        if message_type is not None:
            made = await empty_list(message_type, self._names)
            ui.download.content(made, f"{message_type.code}.xlsx", result.XLSX)

    async def _check(self, _: Actor) -> None:
        self._turn += 1
        turn = self._turn
        self._room.clear()
        choice, file = self._form.chosen(), self._file
        if file is None:
            return
        try:
            sheet, found = await self._examined(choice, file[1])
        except Faulty as error:
            sheet = Sheet((), ())
            found = ListCheck(None, None, None, error.faults, ())
        if turn == self._turn:
            with self._room:
                await self._draw_found(choice, file[0], sheet, found, turn)

    async def _examined(self, choice: Choice, data: bytes) -> tuple[Sheet, ListCheck]:
        shared = {
            "send_at": choice.send_at,
            "rate_per_second": choice.rate_per_second,
        }
        async with context().lists:
            sheet = await asyncio.to_thread(read_sheet, data)
            with self._form.checked():
                return sheet, await examine_list(
                    context(),
                    choice.client,
                    choice.type,
                    sheet,
                    await labels(),
                    **shared,
                )

    async def _draw_found(
        self, choice: Choice, file: str, sheet: Sheet, found: ListCheck, turn: int
    ) -> None:
        made = result.ready(choice, file, found)

        @acting(*OPERATORS)
        async def download(_: Actor) -> None:
            await result.download_marked(sheet, found)

        @acting(*OPERATORS)
        async def go_on(_: Actor) -> None:
            await draw_ready()

        async def draw_ready() -> None:
            room.clear()
            if made is not None:
                with room:
                    await result.draw_ready(made, self._names, self._send(made, turn))

        result.draw_unknown(found)
        if found.faults:
            await result.draw_faults(sheet, found, download, go_on)
        room = ui.element("div")
        if not found.faults:
            await draw_ready()

    def _send(
        self, made: result.Ready, turn: int
    ) -> Callable[[bool, str], Awaitable[None]]:
        @acting(*OPERATORS)
        async def send(actor: Actor, once_each: bool, sentence: str) -> None:
            yes = t("batch.send")
            if not await confirm(yes, sentence, yes=yes, danger=False):
                return
            if turn != self._turn:
                notify(t("batch.changed", file=made.file), good=False)
                return
            # Pressed twice, it is sent once.
            self._turn += 1
            client = made.choice.client
            whole = evolve(made.asked, once_each=once_each)
            done = await submit_list(context(), client, whole, made.frame, actor)
            notify(t("batch.accepted"))
            ui.navigate.to(f"/batches/{done.batch.id}")

        return send
