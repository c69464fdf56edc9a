"""The people who may sign in: let in, change, shut out."""

import secrets

from nicegui import ui

from centre.access import second_factor
from centre.access import users as people
from centre.access.contracts import User, UserChanges, UserDraft
from centre.audit.audit import Actor
from centre.audit.roles import ADMINS
from console.kit.acting import acting
from console.kit.context import context
from console.kit.errors import notify
from console.kit.forms import Form
from console.kit.frame import page
from console.kit.shell import Text, actions
from console.kit.table import Action, Column, Listing, Row, Rows
from console.kit.texts import t
from console.kit.visits import present_actor, present_visitor
from console.kit.widgets import (
    answer_of,
    button,
    choices,
    confirm,
    dialog,
    note,
    show_secret,
    when,
)
from core.words import Role

_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
_TONES = {Role.ADMIN: "warn", Role.OPERATOR: "info", Role.AUDITOR: ""}


@page("/users", title="users.title", roles=(Role.ADMIN, Role.AUDITOR), icon="group")
async def users() -> None:
    """List the people who may sign in."""
    visitor = await present_visitor()
    is_admin = visitor is not None and visitor.role is Role.ADMIN
    listing = _listing(is_admin, visitor.user.username if visitor else "")
    Text("p", t("users.text")).classes("hmc-quiet")
    if is_admin:
        _room_for_new(listing)
    await listing.draw()


def _listing(is_admin: bool, me: str) -> Listing:
    async def load(cursor: str | None) -> tuple[Rows, str | None]:
        found = await people.list_users(context(), await present_actor(), cursor, 50)
        # One's own password is changed under "My account", knowing the old one.
        rows = [{**_row(user), "other": user.username != me} for user in found.items]
        return rows, found.next

    listing = Listing(
        columns=(
            Column("username", "users.username"),
            Column("name", "users.name"),
            Column("role_text", "users.role", tone="role_tone"),
            Column("state", "users.state", tone="state_tone"),
            Column("factor", "users.two_factor", tone="factor_tone"),
            Column("signed_in", "users.signed_in"),
            Column("created", "users.created"),
        ),
        load=load,
        empty="users.empty",
        key="username",
        label="users.title",
    )
    if is_admin:
        listing.actions = _actions(listing)
    return listing


def _actions(listing: Listing) -> tuple[Action, ...]:
    """Return what an administrator may do with a user."""

    @acting(*ADMINS)
    async def edit(actor: Actor, row: Row) -> None:
        if await _edited(str(row["username"]), actor):
            await listing.reload()

    @acting(*ADMINS)
    async def new_password(actor: Actor, row: Row) -> None:
        await _new_password(str(row["username"]), actor)
        await listing.reload()

    @acting(*ADMINS)
    async def reset_factor(actor: Actor, row: Row) -> None:
        if await _asked("reset", row):
            await second_factor.turn_off(context(), row["username"], actor)
            await listing.reload()

    @acting(*ADMINS)
    async def end(actor: Actor, row: Row) -> None:
        if await _asked("end", row):
            await people.end_sessions(context(), row["username"], actor)
            notify(t("users.ended"))

    return (
        Action("edit", "users.edit", edit),
        Action("key", "users.new_password", new_password, only="other"),
        Action("phonelink_erase", "users.reset", reset_factor, only="has_factor"),
        Action("logout", "users.end", end),
    )


async def _asked(step: str, row: Row) -> bool:
    title = t(f"users.{step}")
    text = t(f"users.{step}_text", name=row["username"])
    return await confirm(title, text, yes=title)


def _room_for_new(listing: Listing) -> None:
    @acting(*ADMINS)
    async def add(actor: Actor) -> None:
        form, password = Form(), _temporary()
        with dialog(t("users.new")) as box:
            form.text("username", "users.username", hint=t("users.username_hint"))
            form.text("name", "users.name")
            form.choice("role", "users.role", _roles(), Role.OPERATOR.value)

            @acting(*ADMINS)
            async def save(actor: Actor) -> None:
                with form.checked():
                    draft = _draft(form, password)
                    await people.create_user(context(), draft, actor)
                box.submit(draft.username)

            _save_or_not(box, save)
        if username := await box:
            await _show_password(str(username), password)
            await listing.reload()
        box.delete()

    with actions():
        button(t("users.new"), add, icon="person_add", kind="primary")


def _draft(form: Form, password: str) -> UserDraft:
    return UserDraft(
        username=form.value("username"),
        name=form.value("name"),
        role=Role(form.value("role")),
        password=password,
    )


async def _edited(username: str, actor: Actor) -> bool:
    """Let an administrator change a user; tell whether anything was."""
    user, form = await people.find_user(context(), username, actor), Form()
    with dialog(t("users.edit_title", name=username)) as box:
        form.text("name", "users.name", user.name)
        form.choice("role", "users.role", _roles(), user.role.value)
        form.switch("enabled", "users.may_sign_in", user.enabled)
        note(t("users.edit_note"))

        @acting(*ADMINS)
        async def save(actor: Actor) -> None:
            with form.checked():
                changes = _changes(user, form)
                await people.update_user(context(), username, changes, actor)
            box.submit(True)

        _save_or_not(box, save)
    done = await answer_of(box)
    if done:
        notify(t("frame.saved"))
    return bool(done)


def _changes(user: User, form: Form) -> UserChanges:
    """Return what differs: oneself may change the name only."""
    wanted = {name: form.value(name) for name in ("name", "role", "enabled")}
    known = user.model_dump(mode="json")
    news = {name: value for name, value in wanted.items() if value != known[name]}
    return UserChanges.model_validate(news)


def _save_or_not(box: ui.dialog, save: object) -> None:
    choices(box, t("frame.save"), save)  # type: ignore[arg-type]


async def _new_password(username: str, actor: Actor) -> None:
    title = t("users.new_password")
    text = t("users.new_password_text", name=username)
    if not await confirm(title, text, yes=title):
        return
    password = _temporary()
    await people.set_password(context(), username, password, actor)
    await _show_password(username, password)


async def _show_password(username: str, password: str) -> None:
    pairs = [(t("users.username"), username), (t("users.first_password"), password)]
    await show_secret(t("users.password_title"), pairs)


def _temporary() -> str:
    """Return a password to begin with: 80 random bits, easy to type once."""
    text = "".join(secrets.choice(_ALPHABET) for _ in range(16))
    return "-".join(text[at : at + 4] for at in range(0, 16, 4))


def _roles() -> dict[str, str]:
    return {role.value: t(f"role.{role}") for role in Role}


def _row(user: User) -> Row:
    return {
        "username": user.username,
        "name": user.name,
        "role_text": t(f"role.{user.role}"),
        "role_tone": _TONES[user.role],
        "state": t("users.enabled" if user.enabled else "users.disabled"),
        "state_tone": "good" if user.enabled else "bad",
        "factor": t("users.on" if user.two_factor else "users.off"),
        "factor_tone": "good" if user.two_factor else "",
        "has_factor": user.two_factor,
        "signed_in": when(user.signed_in_at),
        "created": when(user.created_at),
    }
