"""Both doors: who may sign in."""

from typing import Any

from core.words import Role
from tests.support.api.rig import PASSWORD
from tests.support.doors.clients import NEW_CLIENT
from tests.support.doors.stage import has_factor
from tests.support.doors.use_cases import (
    ADMIN,
    ADMINS,
    EVERYBODY,
    Call,
    Names,
    Refused,
    Stage,
    UseCase,
    act,
    agree,
    fill,
    go,
    press,
)

_USERS = f"{ADMIN}/users"
_USER = _USERS + "/{n}"
_FIRST = "given by an admin 1"
NEW_USER = Call(
    "POST", _USERS, {"username": "{n}", "role": "operator", "password": _FIRST}
)
_NEW = (go("/users"), press("New user"))


async def _factor(stage: Stage, names: Names) -> None:
    await stage.rig.person(Role.OPERATOR, names["n"])
    await has_factor(stage.rig, names["n"])


USERS = (
    UseCase(
        "let a person in",
        ADMINS,
        NEW_USER,
        (*_NEW, fill({"User name": "{n}", "Role": "Operator"}), press("Save")),
        refused=(
            Refused(
                "the name is taken",
                409,
                "There is already a user of this name.",
                (NEW_USER,),
            ),
            Refused(
                "the name is a client's",
                409,
                "There is a client of this code; take another user name.",
                (NEW_CLIENT,),
            ),
            Refused(
                "the name is none",
                422,
                api=Call(
                    "POST",
                    _USERS,
                    {"username": "No Name", "role": "operator", "password": _FIRST},
                ),
                console=(*_NEW, fill({"User name": "No Name"}), press("Save")),
            ),
        ),
    ),
    UseCase(
        "change a person",
        ADMINS,
        Call("PATCH", _USER, {"role": "auditor"}),
        (
            go("/users"),
            act("{n}", "Change"),
            fill({"Role": "Auditor"}),
            press("Save"),
        ),
        before=(NEW_USER,),
        refused=(
            Refused(
                "it is oneself",
                409,
                "Another administrator must change this for you.",
                api=Call("PATCH", f"{_USERS}/admin", {"role": "auditor"}),
                console=(
                    go("/users"),
                    act("admin", "Change"),
                    fill({"Role": "Auditor"}),
                    press("Save"),
                ),
            ),
        ),
    ),
    UseCase(
        "give a person a password",
        ADMINS,
        Call("PUT", f"{_USER}/password", {"password": "another given one 2"}),
        (go("/users"), act("{n}", "New password"), agree("New password")),
        before=(NEW_USER,),
    ),
    UseCase(
        "turn off a person's second factor",
        ADMINS,
        Call("DELETE", f"{_USER}/second-factor"),
        (go("/users"), act("{n}", "Turn off two-factor"), agree("Turn off two-factor")),
        before=(_factor,),
    ),
    UseCase(
        "end a person's sessions",
        ADMINS,
        Call("DELETE", f"{_USER}/sessions"),
        (go("/users"), act("{n}", "End sessions"), agree("End sessions")),
        before=(NEW_USER,),
    ),
)


def _own(**change: str) -> Call:
    body = {"username": "{n}", "password": PASSWORD, "new_password": "a new phrase 7"}
    return Call("POST", "/v1/session/password", body | change)


def _typed(old: str = PASSWORD, new: str = "a new phrase 7") -> Any:
    typed = {
        "Present password": old,
        "New password": new,
        "The new password again": new,
    }
    return (go("/account"), fill(typed), press("Change the password"))


OWN = (
    UseCase(
        "change one's own password",
        EVERYBODY,
        _own(),
        _typed(),
        own=True,
        # The API has no session: who asks shows there that they know the old one.
        beside=frozenset({"sign-in", "sign-in-failed"}),
        refused=(
            Refused(
                "it is too short",
                422,
                api=_own(new_password="short"),
                console=_typed(new="short"),
            ),
            Refused(
                "it is the name",
                422,
                "Must not hold the user name or repeat few characters.",
                api=_own(new_password="{n}{n}{n}"),
                console=_typed(new="{n}{n}{n}"),
            ),
            Refused(
                "an administrator gives it to themselves",
                409,
                api=Call("PUT", f"{_USER}/password", {"password": "a new phrase 7"}),
                console=(go("/users"), act("{n}", "New password")),
                absent=True,
            ),
        ),
    ),
)
