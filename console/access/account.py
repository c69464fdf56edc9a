"""One's own account: password, second factor, sessions."""

from datetime import timedelta

import segno
from nicegui import ui

from centre.access import one_time_codes, second_factor, users
from centre.access.contracts import User
from centre.access.sign_in import (
    confirms,
    must_add_factor,
    must_change,
    set_own_password,
)
from centre.audit.audit import Actor
from console.kit.acting import acting
from console.kit.context import context
from console.kit.entering import enter_as
from console.kit.errors import notify
from console.kit.forms import Form
from console.kit.frame import page
from console.kit.shell import Text
from console.kit.texts import t
from console.kit.visits import (
    ACCOUNT,
    PASSWORD,
    Visitor,
    browser_of,
    present_visitor,
    session_changes,
)
from console.kit.widgets import (
    answer_of,
    badge,
    button,
    card,
    choices,
    confirm,
    copyable,
    dialog,
    facts,
    note,
    show_secret,
    when,
)
from core.errors import FieldError, Invalid


@page(ACCOUNT, title="account.title", icon="manage_accounts")
async def account() -> None:
    """Show the visitor's own account."""
    visitor = await present_visitor()
    if visitor is None:
        return
    left = await second_factor.codes_left(context(), visitor.actor)
    with ui.element("div").classes("hmc-grid"):
        with card(t("account.profile")):
            _profile(visitor)
        with card(t("account.password")):
            _password_form(ACCOUNT)
        with card(t("account.two_factor")):
            _two_factor(visitor, left)
        with card(t("account.sessions")):
            Text("p", t("account.sessions_text")).classes("hmc-quiet")
            _sessions()


@page(PASSWORD, title="account.new_password", icon="password")
async def password() -> None:
    """Have the visitor choose a new password before anything else."""
    visitor = await present_visitor()
    if visitor and must_change(visitor.user, context().settings):
        note(t("account.must_change"), "warn")
    with ui.element("div").classes("hmc-grid"), card(t("account.password")):
        _password_form("/")


def _profile(visitor: Visitor) -> None:
    user, days = visitor.user, context().settings.password_days
    pairs = [
        (t("users.username"), user.username),
        (t("users.name"), user.name or "—"),
        (t("users.role"), t(f"role.{user.role}")),
        (t("users.signed_in"), when(user.signed_in_at)),
        (t("account.set_at"), when(user.renewed_at)),
    ]
    if days:
        ends = user.renewed_at + timedelta(days=days)
        pairs.append((t("account.holds_until"), when(ends)))
    facts(pairs)


def _password_form(target: str) -> None:
    form = Form()
    form.password("old", "account.old_password", autocomplete="current-password")
    form.password(
        "password",
        "account.new_password",
        autocomplete="new-password",
        hint=t("account.password_hint"),
    )
    form.password("again", "account.again", autocomplete="new-password")

    @acting()
    async def save(actor: Actor) -> None:
        with form.checked():
            await _check_old(actor, _typed(form, "old"))
            if _typed(form, "password") != _typed(form, "again"):
                raise _wrong("again", t("account.differ"))
            with session_changes():
                user = await _set_password(actor, _typed(form, "password"))
                await enter_as(user, target)
        notify(t("account.password_changed"))

    with ui.element("div").classes("hmc-buttons"):
        button(t("account.change"), save, kind="primary")


def _typed(form: Form, name: str) -> str:
    """Return a password as typed: blanks belong to it."""
    return str(form.element(name).value or "")


async def _check_old(actor: Actor, old: str) -> None:
    if not await confirms(context(), old, actor):
        raise _wrong("old", t("account.old_wrong"))


async def _set_password(actor: Actor, new: str) -> User:
    device = browser_of(ui.context.client.request)
    return await set_own_password(context(), actor, new, device)


def _wrong(name: str, text: str) -> Invalid:
    return Invalid(text, [FieldError(f"/{name}", text)])


def _two_factor(visitor: Visitor, left: int) -> None:
    if not visitor.user.two_factor:
        Text("p", t("account.two_factor_text")).classes("hmc-quiet")
        if must_add_factor(visitor.user, context().settings):
            note(t("account.must_add_factor"), "warn")
        with ui.element("div").classes("hmc-buttons"):
            button(t("account.turn_on"), _turn_on, icon="shield", kind="primary")
        return
    with ui.row().classes("items-center gap-2"):
        badge(t("account.is_on"), "good")
        Text("span", t("account.codes_left", count=left)).classes("hmc-quiet")
    with ui.element("div").classes("hmc-buttons"):
        button(t("account.renew_codes"), _renew_codes)
        if context().settings.second_factor == "optional":
            button(t("account.turn_off"), _turn_off, kind="danger")


@acting()
async def _turn_on(actor: Actor) -> None:
    secret, form = one_time_codes.new_secret(), Form()
    with dialog(t("account.turn_on")) as box:
        _qr_code(one_time_codes.address_of(secret, actor.who))
        copyable(t("account.by_hand"), secret)
        form.text("code", "account.app_code", autocomplete="one-time-code")

        @acting()
        async def take(actor: Actor) -> None:
            with form.checked():
                code = form.value("code")
                codes = await second_factor.turn_on(context(), secret, code, actor)
            box.submit(codes)

        form.element("code").on("keydown.enter", take)
        choices(box, t("account.turn_on_now"), take)
    codes = await answer_of(box)
    if isinstance(codes, tuple):
        await _show_codes(codes)


def _qr_code(address: str) -> None:
    """Draw the code an authenticator app scans; made here, sent nowhere."""
    Text("p", t("account.scan"))
    picture = ui.element("img").classes("hmc-qr")
    code = segno.make(address, error="m")
    picture.props["src"] = code.svg_data_uri(scale=5, border=3, light="#fff")
    picture.props["alt"] = t("account.qr")


async def _show_codes(codes: tuple[str, ...]) -> None:
    await show_secret(t("account.codes"), [(t("account.codes_text"), "\n".join(codes))])
    ui.navigate.reload()


@acting()
async def _renew_codes(actor: Actor) -> None:
    codes = await second_factor.renew_codes(context(), actor)
    await _show_codes(codes)


@acting()
async def _turn_off(actor: Actor) -> None:
    form = Form()
    with dialog(t("account.turn_off")) as box:
        Text("p", t("account.turn_off_text"))
        form.password("old", "account.old_password")

        @acting()
        async def take(actor: Actor) -> None:
            with form.checked():
                old = _typed(form, "old")
                if not await second_factor.turn_own_off(context(), old, actor):
                    raise _wrong("old", t("account.old_wrong"))
            box.submit(True)

        choices(box, t("account.turn_off"), take, kind="danger")
    if await box:
        ui.navigate.reload()


def _sessions() -> None:
    @acting()
    async def end(actor: Actor) -> None:
        text = t("account.end_text")
        if await confirm(t("account.end"), text, yes=t("account.end")):
            await users.end_sessions(context(), actor.who, actor)
            ui.navigate.to("/sign-in?ended=1")

    with ui.element("div").classes("hmc-buttons"):
        button(t("account.end"), end, icon="logout", kind="danger")
