"""Both doors: patients, and what reaches them."""

from tests.support.doors.stage import is_refused
from tests.support.doors.use_cases import (
    ADMIN,
    ADMINS,
    OPERATORS,
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

_PATIENT = f"{ADMIN}/patients/{{n}}"
_KNOWN = {
    "name": "Pat",
    "identities": {"mobile": "{mobile}", "wechat_mini_openid": "o-{n}"},
}
PATIENT = Call("PUT", _PATIENT, _KNOWN, keep={"id": "id"})
_PAGE = go("/patients/{id}")
# A patient's page lists their messages; the log keeps who looked for them.
_OPENED = frozenset({"search"})
_ADD = (go("/patients"), press("Add a patient"))
_NUMBERS = "Other numbers, one a line: kind=value, as mobile=13800138000"
_GIVEN = {
    "EMPI number": "{n}",
    "Name": "Pat",
    _NUMBERS: "mobile={mobile}",
}
_EDIT = (_PAGE, press("Change"), agree("Show and record"))
_OPT_OUTS = f"{ADMIN}/preferences/mobile/{{mobile}}"
_STANDINGS = f"{ADMIN}/standings/mobile/{{mobile}}"
_CLEAR = Call("DELETE", _STANDINGS, query={"channel": "sms"})
_CONSENTS = f"{ADMIN}/consents"
_CONSENT = Call("PUT", f"{_CONSENTS}/wechat_mini_openid/o-{{n}}", {"template": "T1"})
_NOTE = (_PAGE, press("Note a consent"))
_NO_OPENID = Call(
    "PUT", _PATIENT, {"name": "Pat", "identities": {"mobile": "{mobile}"}}
)


async def _refused(stage: Stage, names: Names) -> None:
    await is_refused(stage.rig, names["mobile"])


PATIENTS = (
    UseCase(
        "add a patient",
        ADMINS,
        Call("PUT", _PATIENT, {"name": "Pat", "identities": {"mobile": "{mobile}"}}),
        (*_ADD, fill(_GIVEN), press("Save")),
        refused=(
            Refused(
                "the number is none",
                404,
                api=Call(
                    "PUT", f"{ADMIN}/patients/a b", {"name": "P", "identities": {}}
                ),
                console=(*_ADD, fill(_GIVEN | {"EMPI number": "a b"}), press("Save")),
            ),
            Refused(
                "a phone is none",
                422,
                "is not a mobile number",
                api=Call(
                    "PUT", _PATIENT, {"name": "P", "identities": {"mobile": "nobody"}}
                ),
                console=(
                    *_ADD,
                    fill(_GIVEN | {_NUMBERS: "mobile=nobody"}),
                    press("Save"),
                ),
            ),
        ),
    ),
    UseCase(
        "change a patient",
        ADMINS,
        Call("PUT", _PATIENT, {"name": "Sam", "identities": {"mobile": "{mobile}"}}),
        (*_EDIT, fill({"Name": "Sam"}), press("Save")),
        before=(PATIENT,),
        # They are shown in clear before they are changed.
        beside=_OPENED | {"look"},
    ),
    UseCase(
        "see a patient in clear",
        OPERATORS,
        Call("GET", _PATIENT, query={"clear": "true"}),
        (_PAGE, press("Show in clear"), agree("Show and record")),
        before=(PATIENT,),
        beside=_OPENED,
    ),
    UseCase(
        "opt out",
        ADMINS,
        Call("PUT", _OPT_OUTS, {"channel": "sms"}),
        (
            _PAGE,
            press("Add an opt-out"),
            fill({"Number": "Mobile number", "Channel": "SMS"}),
            press("Save"),
        ),
        before=(PATIENT,),
        refused=(
            Refused(
                "there is no such patient",
                404,
                "There is no such patient.",
                api=Call("GET", f"{ADMIN}/patients/nobody"),
                console=(go("/patients/018f0000-0000-7000-8000-000000000000"),),
            ),
            Refused(
                "there is no such message type",
                422,
                api=Call("PUT", _OPT_OUTS, {"message_type": "{n}-none"}),
                console=(
                    _PAGE,
                    press("Add an opt-out"),
                    fill({"Number": "Mobile number", "Message type": "{n}-none"}),
                    press("Save"),
                ),
                absent=True,
            ),
        ),
        beside=_OPENED,
    ),
    UseCase(
        "opt in",
        ADMINS,
        Call("DELETE", _OPT_OUTS, query={"channel": "sms"}),
        (_PAGE, act("SMS", "Take it back"), agree("Take it back")),
        before=(PATIENT, Call("PUT", _OPT_OUTS, {"channel": "sms"})),
        beside=_OPENED,
    ),
    UseCase(
        "clear what is held against an address",
        OPERATORS,
        _CLEAR,
        (_PAGE, act("SMS", "Clear"), agree("Clear")),
        before=(PATIENT, _refused),
        beside=_OPENED,
    ),
    UseCase(
        "clear what is no longer held against an address",
        OPERATORS,
        _CLEAR,
        (_PAGE, act("SMS", "Clear"), agree("Clear")),
        before=(PATIENT, _refused),
        meanwhile=(_CLEAR,),
        changes=False,
        beside=_OPENED,
    ),
    UseCase(
        "note a consent",
        OPERATORS,
        _CONSENT,
        (*_NOTE, fill({"Template": "T1"}), press("Save")),
        before=(PATIENT,),
        refused=(
            Refused(
                "a template that is none",
                422,
                api=Call(
                    "PUT",
                    f"{_CONSENTS}/wechat_mini_openid/o-{{n}}",
                    {"template": "模板"},
                ),
                console=(*_NOTE, fill({"Template": "模板"}), press("Save")),
            ),
            Refused(
                "without an openid there is none",
                422,
                meanwhile=(_NO_OPENID,),
                api=Call("PUT", f"{_CONSENTS}/mobile/{{mobile}}", {"template": "T1"}),
            ),
        ),
        beside=_OPENED,
    ),
)
