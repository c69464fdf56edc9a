"""Both doors: channels, their accounts and receipt addresses, routing, a test."""

from collections.abc import Sequence

from tests.support.doors.use_cases import (
    ADMIN,
    ADMINS,
    Call,
    Refused,
    Step,
    UseCase,
    act,
    agree,
    fill,
    go,
    press,
    unfold,
)

_CHANNEL = f"{ADMIN}/channels/email"
_ACCOUNTS = f"{ADMIN}/channels/sms/accounts"
_ACCOUNT = _ACCOUNTS + "/{n}"
_ALIYUN = {"access_key_id": "A1", "access_key_secret": "s3cret", "sign_name": "一院"}
NEW_ACCOUNT = Call("POST", _ACCOUNTS, {"code": "{n}", "weight": 60, "values": _ALIYUN})
_ALIYUN_FIELDS = {
    "AccessKey ID": "A1",
    "AccessKey Secret": "s3cret",
    "Signature": "一院",
    "Weight (0–100)": 60.0,
}
_PAGE = go("/channels/sms")
_ADD: Sequence[Step] = (_PAGE, unfold("Add an account"))
_SAVE_NEW = press("Save the new account")
_SET: Sequence[Step] = (_PAGE, unfold("Set the account", "{n} · aliyun"))
_OFF = Call("PATCH", _CHANNEL, {"enabled": False})
_ON = Call("PATCH", _CHANNEL, {"enabled": True})

CHANNELS = (
    UseCase(
        "change a channel",
        ADMINS,
        Call(
            "PATCH", _CHANNEL, {"cost_per_message": 0.02, "limits": {"per_second": 9}}
        ),
        (
            go("/channels/email"),
            fill(
                {
                    "Cost per message (yuan)": 0.02,
                    "Provider's limits": "per_second=9",
                },
                "Change",
            ),
            press("Save", "Change"),
        ),
        refused=(
            Refused(
                "a limit of no name",
                422,
                "There is no limit of this name.",
                api=Call("PATCH", _CHANNEL, {"limits": {"per_moon": 9}}),
                console=(
                    go("/channels/email"),
                    fill({"Provider's limits": "per_moon=9"}, "Change"),
                    press("Save", "Change"),
                ),
            ),
            Refused(
                "a cost below nothing",
                422,
                api=Call("PATCH", _CHANNEL, {"cost_per_message": -1}),
                console=(
                    go("/channels/email"),
                    fill({"Cost per message (yuan)": -1.0}, "Change"),
                    press("Save", "Change"),
                ),
            ),
        ),
    ),
    UseCase(
        "switch a channel off",
        ADMINS,
        _OFF,
        (
            go("/channels/email"),
            press("Disable the channel"),
            agree("Disable the channel"),
        ),
        before=(_ON,),
    ),
    UseCase(
        "switch a channel on",
        ADMINS,
        _ON,
        (go("/channels/email"), press("Enable the channel")),
        before=(_OFF,),
    ),
    UseCase(
        "switch a channel off in the list",
        ADMINS,
        _OFF,
        (
            go("/channels"),
            act("email", "Disable the channel"),
            agree("Disable the channel"),
        ),
        before=(_ON,),
    ),
    UseCase(
        "switch a channel on in the list",
        ADMINS,
        _ON,
        (go("/channels"), act("email", "Enable the channel")),
        before=(_OFF,),
    ),
)
ACCOUNTS = (
    UseCase(
        "add an account",
        ADMINS,
        NEW_ACCOUNT,
        (*_ADD, fill({"Account's code": "{n}"} | _ALIYUN_FIELDS), _SAVE_NEW),
        refused=(
            Refused(
                "its code is taken",
                409,
                "There is already an account of this code.",
                (NEW_ACCOUNT,),
            ),
            Refused(
                "its code is none",
                422,
                api=Call("POST", _ACCOUNTS, {"code": "No Code", "values": _ALIYUN}),
                console=(
                    *_ADD,
                    fill({"Account's code": "No Code"} | _ALIYUN_FIELDS),
                    _SAVE_NEW,
                ),
            ),
            Refused(
                "a field is missing",
                422,
                "Field required.",
                api=Call(
                    "POST",
                    _ACCOUNTS,
                    {"code": "{n}", "values": {"sign_name": "一院"}},
                ),
                console=(
                    *_ADD,
                    fill(
                        {"Account's code": "{n}"}
                        | _ALIYUN_FIELDS
                        | {"AccessKey ID": ""}
                    ),
                    _SAVE_NEW,
                ),
            ),
            Refused(
                "a weight of more than 100",
                422,
                api=Call(
                    "POST", _ACCOUNTS, {"code": "{n}", "weight": 101, "values": _ALIYUN}
                ),
                console=(
                    *_ADD,
                    fill(
                        {"Account's code": "{n}"}
                        | _ALIYUN_FIELDS
                        | {"Weight (0–100)": 101.0}
                    ),
                    _SAVE_NEW,
                ),
            ),
        ),
    ),
    UseCase(
        "set an account",
        ADMINS,
        Call("PUT", _ACCOUNT, {"weight": 20, "values": _ALIYUN}),
        (
            *_SET,
            fill(_ALIYUN_FIELDS | {"Weight (0–100)": 20.0}, "{n} · aliyun"),
            press("Save the account", "{n} · aliyun"),
        ),
        before=(NEW_ACCOUNT,),
    ),
    UseCase(
        "remove an account",
        ADMINS,
        Call("DELETE", _ACCOUNT),
        (
            *_SET,
            press("Remove this account", "{n} · aliyun"),
            agree("Remove this account"),
        ),
        before=(NEW_ACCOUNT,),
        refused=(
            Refused(
                "it is gone",
                404,
                "No such account of this channel is kept here.",
                (Call("DELETE", _ACCOUNT),),
            ),
        ),
    ),
    UseCase(
        "send a test",
        ADMINS,
        Call(
            "POST",
            f"{ADMIN}/channels/inbox/test",
            {"identity_type": "empi_id", "value": "E-1"},
        ),
        (
            go("/channels/inbox"),
            fill({"Recipient by": "EMPI number", "Value": "E-1"}, "Send a test"),
            press("Send", "Send a test"),
        ),
        refused=(
            Refused(
                "a value that is none",
                422,
                "is not a mobile number",
                api=Call(
                    "POST",
                    f"{ADMIN}/channels/sms/test",
                    {"identity_type": "mobile", "value": "nobody"},
                ),
                console=(
                    go("/channels/sms"),
                    fill(
                        {"Recipient by": "Mobile number", "Value": "nobody"},
                        "Send a test",
                    ),
                    press("Send", "Send a test"),
                ),
            ),
        ),
    ),
    UseCase(
        "see where receipts come in",
        ADMINS,
        Call("GET", f"{ADMIN}/channels/voice/receipts"),
        (go("/channels/voice"), press("Show the addresses")),
    ),
    UseCase(
        "renew where receipts come in",
        ADMINS,
        Call("POST", f"{ADMIN}/channels/voice/receipts/renew", {"account": "default"}),
        (
            go("/channels/voice"),
            press("Show the addresses"),
            press("Change the address: default"),
            agree("Change the address"),
        ),
        # At the console the address is seen first, and after it.
        beside=frozenset({"look"}),
    ),
)
_ROUTING = f"{ADMIN}/routing"
_RULES = Call("PUT", _ROUTING, {"points": 20})
ROUTING = (
    UseCase(
        "set the rules of routing",
        ADMINS,
        _RULES,
        (
            go("/channels"),
            fill({"Points of a step (of 100)": 20.0}),
            press("Save these rules"),
        ),
        refused=(
            Refused(
                "a step of nothing",
                422,
                api=Call("PUT", _ROUTING, {"points": 0}),
                console=(
                    go("/channels"),
                    fill({"Points of a step (of 100)": 0.0}),
                    press("Save these rules"),
                ),
            ),
        ),
    ),
    UseCase(
        "go back to the first rules of routing",
        ADMINS,
        Call("DELETE", _ROUTING),
        (
            go("/channels"),
            press("Go back to the rules of the start"),
            agree("Go back to the rules of the start"),
        ),
        before=(_RULES,),
    ),
)
