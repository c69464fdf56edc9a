"""Both doors: message types, their policies and templates."""

from tests.support.doors.use_cases import (
    ADMIN,
    ADMINS,
    Call,
    Refused,
    UseCase,
    act,
    agree,
    asks,
    fill,
    go,
    press,
)

_TYPES = f"{ADMIN}/message-types"
_TYPE = _TYPES + "/{n}"
_POLICY = f"{_TYPE}/policy"
_SMS = f"{_TYPE}/templates/sms"
NEW_TYPE = Call("POST", _TYPES, {"code": "{n}", "name": "类 {n}"})
SAYS = Call("PUT", _SMS, {"body": "请到 {{place}}"})
SAYS_MORE = Call("PUT", _SMS, {"body": "请到 {{place}} 做 {{exam}}"})
_MAILS = Call(
    "PUT", f"{_TYPE}/templates/email", {"title": "t", "body": "{{place}} {{exam}}"}
)


def policy(*weights: tuple[str, float], **more: object) -> dict[str, object]:
    """Return a policy's body."""
    channels = [{"channel": channel, "weight": w} for channel, w in weights]
    return {"threshold": 0.5, "channels": channels, **more}


BY_SMS = Call("PUT", _POLICY, policy(("sms", 0.9)))
USED = (NEW_TYPE, SAYS, BY_SMS)
_BOTH = policy(("sms", 0.9), ("email", 0.3))
_NO_TYPE = "There is no such message type."
_CHANGED = "Somebody else has changed this since you opened it."
_BREAKS = "Parameters change: today's requests will be refused"
_REFUSE = {"breaking": "refuse"}
_NEW = (go("/types"), press("New message type"))
_NAMED = {"Code": "{n}", "Chinese name": "类 {n}"}

TYPES = (
    UseCase(
        "create a message type",
        ADMINS,
        NEW_TYPE,
        (*_NEW, fill(_NAMED), press("Create")),
        refused=(
            Refused(
                "its code is taken",
                409,
                "There is already a message type of this code.",
                (NEW_TYPE,),
            ),
            Refused(
                "its code is none",
                422,
                api=Call("POST", _TYPES, {"code": "No Code", "name": "x"}),
                console=(*_NEW, fill(_NAMED | {"Code": "No Code"}), press("Create")),
            ),
            Refused(
                "it has no name",
                422,
                api=Call("POST", _TYPES, {"code": "{n}", "name": ""}),
                console=(*_NEW, fill(_NAMED | {"Chinese name": ""}), press("Create")),
            ),
        ),
    ),
    UseCase(
        "change a message type",
        ADMINS,
        Call("PATCH", _TYPE, {"name": "别 {n}", "priority": "high"}),
        (
            go("/types/{n}"),
            fill({"Chinese name": "别 {n}", "Priority": "High"}, "Change"),
            press("Save", "Change"),
        ),
        before=(NEW_TYPE,),
        refused=(
            Refused(
                "there is none",
                404,
                _NO_TYPE,
                api=Call("PATCH", f"{_TYPES}/nothing", {"name": "x"}),
                console=(go("/types/nothing"),),
            ),
            Refused(
                "its own digest",
                422,
                api=Call("PATCH", _TYPE, {"digest": "{n}"}),
                console=(
                    go("/types/{n}"),
                    fill({"Type of the digest": "{n}"}, "Change"),
                    press("Save", "Change"),
                ),
            ),
        ),
    ),
    UseCase(
        "disable a message type",
        ADMINS,
        Call("PATCH", _TYPE, {"enabled": False}),
        (go("/types/{n}"), press("Disable"), agree("Disable")),
        before=(NEW_TYPE,),
    ),
    UseCase(
        "enable a message type",
        ADMINS,
        Call("PATCH", _TYPE, {"enabled": True}),
        (go("/types/{n}"), press("Enable")),
        before=(NEW_TYPE, Call("PATCH", _TYPE, {"enabled": False})),
    ),
)
POLICIES = (
    UseCase(
        "set a policy",
        ADMINS,
        Call("PUT", _POLICY, policy(("sms", 0.4))),
        (
            go("/types/{n}/policy"),
            fill({"Weight of SMS": 0.4}),
            press("Save the policy"),
        ),
        before=USED,
        refused=(
            Refused(
                "there is no such type",
                404,
                _NO_TYPE,
                api=Call("PUT", f"{_TYPES}/nothing/policy", policy(("sms", 1))),
                console=(go("/types/nothing/policy"),),
            ),
            Refused(
                "somebody else has set it meanwhile",
                409,
                _CHANGED,
                (Call("PUT", _POLICY, policy(("sms", 0.7))),),
                api=Call("PUT", _POLICY, policy(("sms", 0.4), version=1)),
            ),
            Refused(
                "it breaks what clients send",
                409,
                api=Call("PUT", _POLICY, _BOTH, query=_REFUSE),
                meanwhile=(_MAILS,),
                console=(
                    go("/types/{n}/policy"),
                    fill({"E-mail": True}),
                    press("Save the policy"),
                    asks(_BREAKS),
                ),
            ),
            Refused(
                "it has no channel",
                422,
                api=Call("PUT", _POLICY, policy()),
                console=(
                    go("/types/{n}/policy"),
                    fill({"SMS": False}),
                    press("Save the policy"),
                ),
            ),
        ),
    ),
    UseCase(
        "set a policy that breaks what clients send",
        ADMINS,
        Call("PUT", _POLICY, _BOTH),
        (
            go("/types/{n}/policy"),
            fill({"E-mail": True, "Weight of E-mail": 0.3}),
            press("Save the policy"),
            agree("Save all the same"),
        ),
        before=(*USED, _MAILS),
    ),
)
_EDIT = go("/types/{n}/templates/sms")
_SAVE = press("Save as a new version")
TEMPLATES = (
    UseCase(
        "set a template",
        ADMINS,
        Call("PUT", _SMS, {"body": "请速到 {{place}}"}),
        (_EDIT, fill({"Text of the message": "请速到 {{place}}"}), _SAVE),
        before=USED,
        refused=(
            Refused(
                "there is no such type",
                404,
                _NO_TYPE,
                api=Call("PUT", f"{_TYPES}/nothing/templates/sms", {"body": "x"}),
                console=(go("/types/nothing/templates/sms"),),
            ),
            Refused(
                "somebody else has set it meanwhile",
                409,
                _CHANGED,
                (Call("PUT", _SMS, {"body": "到 {{place}}"}),),
                api=Call("PUT", _SMS, {"body": "请速到 {{place}}", "version": 1}),
            ),
            Refused(
                "it breaks what clients send",
                409,
                api=Call("PUT", _SMS, SAYS_MORE.body, query=_REFUSE),
                console=(
                    _EDIT,
                    fill({"Text of the message": "请到 {{place}} 做 {{exam}}"}),
                    _SAVE,
                    asks(_BREAKS),
                ),
            ),
            Refused(
                "a placeholder of another form",
                422,
                "Placeholders are written {{name}}.",
                api=Call("PUT", _SMS, {"body": "请到 ${place}"}),
                console=(
                    _EDIT,
                    fill({"Text of the message": "请到 ${place}"}),
                    _SAVE,
                ),
            ),
            Refused(
                "a template id of no provider",
                422,
                api=Call("PUT", _SMS, {"body": "x", "provider_template": "###"}),
                console=(_EDIT, fill({"Provider's template": "###"}), _SAVE),
            ),
        ),
    ),
    UseCase(
        "restore a template",
        ADMINS,
        Call("POST", f"{_SMS}/restore", {"version": 1}),
        (
            _EDIT,
            press("Restore this version: Version 1"),
            agree("Restore this version"),
        ),
        before=(*USED, SAYS_MORE, Call("PUT", _SMS, {"body": "请速到 {{place}}"})),
        refused=(
            Refused(
                "it breaks what clients send",
                409,
                api=Call("POST", f"{_SMS}/restore", {"version": 2}, query=_REFUSE),
                console=(
                    _EDIT,
                    press("Restore this version: Version 2"),
                    asks(_BREAKS),
                ),
            ),
        ),
    ),
    UseCase(
        "restore a template that breaks what clients send",
        ADMINS,
        Call("POST", f"{_SMS}/restore", {"version": 1}),
        (_EDIT, press("Restore this version: Version 1"), agree("Save all the same")),
        before=(*USED, SAYS_MORE),
    ),
    UseCase(
        "disable a template",
        ADMINS,
        Call("POST", f"{_SMS}/disable"),
        (
            go("/types/{n}"),
            act("SMS", "Disable the template"),
            agree("Disable the template"),
        ),
        before=USED,
    ),
    UseCase(
        "enable a template",
        ADMINS,
        Call("POST", f"{_SMS}/enable"),
        (go("/types/{n}"), act("SMS", "Enable the template")),
        before=(*USED, Call("POST", f"{_SMS}/disable")),
    ),
)
