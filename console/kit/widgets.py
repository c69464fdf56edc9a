"""What pages are made of: dialogs, secrets, facts, badges, times."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime

from nicegui import ui

from console.kit.context import context
from console.kit.errors import notify
from console.kit.shell import Text
from console.kit.texts import t


def button(
    label: str,
    on_click: Callable[..., object] | None = None,
    *,
    icon: str | None = None,
    kind: str = "plain",
) -> ui.button:
    """Draw a button; `kind` is primary, plain, quiet or danger."""
    looks = {
        "primary": "",
        "plain": "outline color=primary",
        "quiet": "flat color=primary",
        "danger": "outline color=negative",
    }
    return ui.button(label, icon=icon, on_click=on_click).props(looks[kind])


@contextmanager
def card(title: str | None = None) -> Iterator[ui.element]:
    """Draw a card, with an h2 where it has a title."""
    with ui.element("section").classes("hmc-card") as box:
        if title:
            Text("h2", title)
        yield box


def badge(text: str, tone: str = "") -> Text:
    """Draw a word in a coloured pill; `tone` is good, bad, warn, info or ""."""
    return Text("span", text).classes(f"hmc-badge {tone}")


def note(text: str, tone: str = "") -> Text:
    """Draw a remark with a bar beside it; `tone` is bad, warn or ""."""
    return Text("p", text).classes(f"hmc-note {tone}")


def facts(pairs: Sequence[tuple[str, str | Callable[[], object]]]) -> None:
    """Draw names and values side by side; a function draws its value itself."""
    with ui.element("dl").classes("hmc-facts"):
        for name, value in pairs:
            Text("dt", name)
            if callable(value):
                with ui.element("dd"):
                    value()
            else:
                Text("dd", value)


def when(moment: datetime | None) -> str:
    """Return a time as this hospital's clocks show it."""
    if moment is None:
        return "—"
    return moment.astimezone(context().settings.timezone).strftime("%Y-%m-%d %H:%M:%S")


@contextmanager
def dialog(title: str, *, wide: bool = False) -> Iterator[ui.dialog]:
    """Draw a dialog; open it, or await it for what is submitted."""
    with ui.dialog() as box, ui.element("div") as inside:
        inside.classes("hmc-dialog q-card" + (" wide" if wide else ""))
        box.props["aria-label"] = title
        Text("h2", title)
        yield box


async def confirm(title: str, text: str, *, yes: str, danger: bool = True) -> bool:
    """Ask before a step that can't be taken back."""
    with dialog(title) as box:
        Text("p", text)
        kind = "danger" if danger else "primary"
        choices(box, yes, lambda: box.submit(True), kind=kind)
    return bool(await answer_of(box))


async def confirm_with_reason(title: str, text: str, *, yes: str) -> str | None:
    """Ask before a step, and why it is taken; None where it is not."""
    with dialog(title) as box:
        Text("p", text)
        reason = ui.textarea(t("frame.reason")).props("autogrow maxlength=500")
        reason.props["hint"] = t("frame.reason_hint")

        def take() -> None:
            if given := (reason.value or "").strip():
                box.submit(given)
            else:
                reason.props["error"] = True
                reason.props["error-message"] = t("frame.reason_missing")
                reason.update()

        choices(box, yes, take, kind="danger")
    answer = await answer_of(box)
    return answer if isinstance(answer, str) else None


def choices(
    box: ui.dialog, yes: str, work: Callable[..., object], *, kind: str = "primary"
) -> None:
    """Draw a dialog's last row: cancel, which submits None, or the step it is for."""
    with ui.element("div").classes("hmc-buttons"):
        button(t("frame.cancel"), lambda: box.submit(None), kind="quiet")
        button(yes, work, kind=kind)


async def answer_of(box: ui.dialog) -> object:
    """Open a dialog, wait for what is submitted, and take it off the page."""
    answer: object = await box
    box.delete()
    return answer


async def show_secret(title: str, pairs: Sequence[tuple[str, str]]) -> None:
    """Show secrets once, each with a button that copies it; wait for "kept"."""
    with dialog(title) as box:
        box.props("persistent")
        note(t("frame.secret_note"), "warn")
        for name, value in pairs:
            copyable(name, value)
        with ui.element("div").classes("hmc-buttons"):
            done = t("frame.secret_kept")
            button(done, lambda: box.submit(True), kind="primary")
    await box
    box.delete()


def copyable(name: str, value: str) -> None:
    """Draw a value with a button that copies it."""

    def copy() -> None:
        ui.clipboard.write(value)
        notify(t("frame.copied"))

    with ui.element("div"):
        Text("div", name).classes("hmc-quiet")
        with ui.row().classes("items-center no-wrap gap-2 w-full"):
            Text("code", value).classes("hmc-mono hmc-secret")
            label = f"{t('frame.copy')}: {name}"
            icon = ui.button(icon="content_copy", on_click=copy)
            icon.props("flat dense round color=primary")
            icon.props["aria-label"] = label
