"""Both doors: client systems, their secrets, workstations."""

from tests.support.doors.use_cases import (
    ADMIN,
    ADMINS,
    Call,
    Refused,
    UseCase,
    act,
    agree,
    fill,
    go,
    press,
)

_CLIENTS = f"{ADMIN}/clients"
_ONE = _CLIENTS + "/{n}"
_STATIONS = f"{ADMIN}/workstations"
_STATION = _STATIONS + "/{n}"
NEW_CLIENT = Call("POST", _CLIENTS, {"code": "{n}", "name": "System {n}"})
_CALLED = {"url": "http://10.1.1.1/hook", "allow": ["10.1.1.1"]}
_WITH_CALLBACK = Call(
    "POST", _CLIENTS, {"code": "{n}", "name": "System {n}", "callback": _CALLED}
)
NEW_STATION = Call(
    "POST", _STATIONS, {"id": "{n}", "name": "Station {n}", "department": "ward-1"}
)
_NO_CLIENT = "There is no such client."
_TAKEN = "There is already a client of this code."
_NEW = (go("/clients"), press("New client"))
_NAMED = fill({"Code": "{n}", "Name": "System {n}"})
_REVOKE = f"{_ONE}/secrets/{{secret}}"
_STATION_FIELDS = {"Id": "{n}", "Name": "Station {n}", "Department": "ward-1"}


def _client(title: str, words: str | None, **console: str) -> Refused:
    """Refuse a new client for what stands in these fields at the console."""
    said = {"Addresses it may call from": "cidrs", "Name": "name", "Code": "code"}
    body = {"code": "{n}", "name": "System {n}"}
    shown = {"Code": "{n}", "Name": "System {n}"}
    for label, field in said.items():
        if (value := console.get(field)) is not None:
            body[field] = [value] if field == "cidrs" else value  # type: ignore[assignment]
            shown[label] = value
    steps = (*_NEW, fill(shown), press("Create"))
    return Refused(title, 422, words, api=Call("POST", _CLIENTS, body), console=steps)


CLIENTS = (
    UseCase(
        "create a client",
        ADMINS,
        NEW_CLIENT,
        (*_NEW, _NAMED, press("Create")),
        refused=(
            Refused("its code is taken", 409, _TAKEN, (NEW_CLIENT,)),
            _client("its code is none", None, code="Not A Code"),
            _client("it has no name", None, name=""),
            _client(
                "its addresses are none",
                "Must be an IP address or a CIDR.",
                cidrs="anywhere",
            ),
            _client(
                "the centre's own name",
                "The centre itself uses this name; take another.",
                code="system",
            ),
        ),
    ),
    UseCase(
        "change a client",
        ADMINS,
        Call("PATCH", _ONE, {"name": "Other {n}", "rate_per_minute": 60}),
        (
            go("/clients/{n}"),
            fill({"Name": "Other {n}", "Messages a minute at most": 60.0}, "Change"),
            press("Save", "Change"),
        ),
        before=(NEW_CLIENT,),
        refused=(
            Refused(
                "there is none",
                404,
                _NO_CLIENT,
                api=Call("PATCH", f"{_CLIENTS}/nobody", {"name": "x"}),
                console=(go("/clients/nobody"),),
            ),
            Refused(
                "a rate of 0",
                422,
                api=Call("PATCH", _ONE, {"rate_per_minute": 0}),
                console=(
                    go("/clients/{n}"),
                    fill({"Messages a minute at most": 0.0}, "Change"),
                    press("Save", "Change"),
                ),
            ),
            Refused(
                "a callback that is not allowed",
                422,
                "is not in the client's allow-list",
                api=Call(
                    "PATCH",
                    _ONE,
                    {"callback": {"url": "http://10.9.9.9/", "allow": ["10.1.1.1"]}},
                ),
                console=(
                    go("/clients/{n}"),
                    fill(
                        {
                            "Callback address": "http://10.9.9.9/",
                            "Callback allow-list": "10.1.1.1",
                        },
                        "Change",
                    ),
                    press("Save", "Change"),
                ),
            ),
        ),
    ),
    UseCase(
        "disable a client",
        ADMINS,
        Call("PATCH", _ONE, {"enabled": False}),
        (go("/clients/{n}"), press("Disable"), agree("Disable")),
        before=(NEW_CLIENT,),
    ),
    UseCase(
        "enable a client",
        ADMINS,
        Call("PATCH", _ONE, {"enabled": True}),
        (go("/clients/{n}"), press("Enable")),
        before=(NEW_CLIENT, Call("PATCH", _ONE, {"enabled": False})),
    ),
    UseCase(
        "issue a secret",
        ADMINS,
        Call("POST", f"{_ONE}/secrets", {"overlap_hours": 2}),
        (
            go("/clients/{n}"),
            press("Rotate the secret"),
            fill({"Overlap in hours": 2.0}),
            press("Issue"),
        ),
        before=(NEW_CLIENT,),
        refused=(
            Refused(
                "an overlap of more than thirty days",
                422,
                api=Call("POST", f"{_ONE}/secrets", {"overlap_hours": 721}),
                console=(
                    go("/clients/{n}"),
                    press("Rotate the secret"),
                    fill({"Overlap in hours": 721.0}),
                    press("Issue"),
                ),
            ),
        ),
    ),
    UseCase(
        "revoke a secret",
        ADMINS,
        Call("DELETE", _REVOKE),
        (
            go("/clients/{n}"),
            act("{secret_end}", "Revoke the secret"),
            agree("Revoke the secret"),
        ),
        before=(
            NEW_CLIENT,
            Call("GET", f"{_ONE}/secrets", keep={"secret": "items.0.id"}),
        ),
    ),
    UseCase(
        "renew a callback's secret",
        ADMINS,
        Call("POST", f"{_ONE}/callback-secret"),
        (
            go("/clients/{n}"),
            press("Renew the callback secret"),
            agree("Renew the callback secret"),
        ),
        before=(_WITH_CALLBACK,),
    ),
)


STATIONS = (
    UseCase(
        "add a workstation",
        ADMINS,
        NEW_STATION,
        (
            go("/workstations"),
            press("New workstation"),
            fill(_STATION_FIELDS),
            press("Save"),
        ),
        refused=(
            Refused(
                "its id is taken",
                409,
                "There is already a workstation of this id.",
                (NEW_STATION,),
            ),
            Refused(
                "its id is none",
                422,
                api=Call(
                    "POST", _STATIONS, {"id": "a b", "name": "x", "department": "w"}
                ),
                console=(
                    go("/workstations"),
                    press("New workstation"),
                    fill(_STATION_FIELDS | {"Id": "a b"}),
                    press("Save"),
                ),
            ),
            Refused(
                "its department is none",
                422,
                "must be 1 to 64 letters, digits, underscores or hyphens",
                api=Call(
                    "POST", _STATIONS, {"id": "{n}", "name": "x", "department": "*"}
                ),
                console=(
                    go("/workstations"),
                    press("New workstation"),
                    fill(_STATION_FIELDS | {"Department": "*"}),
                    press("Save"),
                ),
            ),
        ),
    ),
    UseCase(
        "change a workstation",
        ADMINS,
        Call("PATCH", _STATION, {"name": "Other"}),
        (
            go("/workstations"),
            act("{n}", "Change"),
            fill({"Name": "Other"}),
            press("Save"),
        ),
        before=(NEW_STATION,),
    ),
    UseCase(
        "renew a workstation's secret",
        ADMINS,
        Call("POST", f"{_STATION}/secret"),
        (go("/workstations"), act("{n}", "New secret"), agree("New secret")),
        before=(NEW_STATION,),
    ),
    UseCase(
        "disable a workstation",
        ADMINS,
        Call("PATCH", _STATION, {"enabled": False}),
        (go("/workstations"), act("{n}", "Disable"), agree("Disable")),
        before=(NEW_STATION,),
    ),
    UseCase(
        "enable a workstation",
        ADMINS,
        Call("PATCH", _STATION, {"enabled": True}),
        (go("/workstations"), act("{n}", "Enable")),
        before=(NEW_STATION, Call("PATCH", _STATION, {"enabled": False})),
    ),
)
