"""Both doors: messages that are under way."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from core.models import Recall
from core.words import Status
from tests.support.doors.catalog import BY_SMS, NEW_TYPE, SAYS
from tests.support.doors.use_cases import (
    ADMIN,
    OPERATORS,
    Call,
    Deed,
    Names,
    Refused,
    Stage,
    UseCase,
    agree,
    fill,
    go,
    press,
    sees,
)

_MESSAGE = "/v1/messages/{m}"
NOBODY = "018f0000-0000-7000-8000-000000000000"
_PAGE = go("/messages/{m}")
_ASKS = Call(
    "PATCH",
    f"{ADMIN}/message-types/{{n}}",
    {"acknowledge": True, "read_back_param": "place"},
)
_TO = {"identities": {"mobile": "{mobile}"}}
_ONE = {"type": "{n}", "recipient": _TO, "params": {"place": "3"}}


async def join(stage: Stage, names: Names) -> None:
    """Let a client system join that may do all that clients may."""
    scopes = ["messages:send", "messages:read", "batches:send"]
    stage.clients[names["n"]] = await stage.rig.client(names["n"], scopes=scopes)


def as_client(path: str, body: Any, name: str) -> Deed:
    async def deed(stage: Stage, names: Names) -> None:
        call = Call("POST", path, body)
        answer = await stage.ask(call, names, stage.clients[names["n"]])
        assert answer.status_code == 202, answer.text
        names[name] = answer.json()["id"]

    return deed


def _stands(status: Status) -> Deed:
    async def deed(stage: Stage, names: Names) -> None:
        message_id = UUID(names["m"])
        if status is Status.FAILED:
            stage.rig.flows.fail(message_id)
        else:
            stage.rig.flows.stand(message_id, status)
        await stage.rig.record(message_id)

    return deed


async def _taken_back(stage: Stage, names: Names) -> None:
    docs, key = stage.rig.flows.docs, UUID(names["m"])
    news = {"recall": Recall(by="n", reason="first", at=datetime.now(UTC))}
    docs[key] = docs[key].model_copy(update=news)
    await stage.rig.record(key)


_SENT = (NEW_TYPE, SAYS, BY_SMS, join, as_client("/v1/messages", _ONE, "m"))
_ASKED = (NEW_TYPE, SAYS, BY_SMS, _ASKS, join, as_client("/v1/messages", _ONE, "m"))
_FAILED = (*_SENT, _stands(Status.FAILED))
_DONE = (*_SENT, _stands(Status.DELIVERED))
_DELIVERED = _stands(Status.DELIVERED)
_RESEND = (_PAGE, press("Send again"))
_RECALL = (_PAGE, press("Take the message back"))
_CONFIRM = (_PAGE, press("Record a confirmation"))
_BY = "Confirmed by (staff number or name)"


def _nothing(what: str, method: str = "POST", body: Any = None) -> Refused:
    return Refused(
        "there is none",
        404,
        "There is no such message.",
        api=Call(method, f"/v1/messages/{NOBODY}/{what}", body),
        console=(go(f"/messages/{NOBODY}"),),
    )


MESSAGES = (
    UseCase(
        "cancel a message",
        OPERATORS,
        Call("POST", f"{_MESSAGE}/cancel"),
        (_PAGE, press("Cancel the message"), agree("Cancel the message")),
        before=_SENT,
        refused=(
            Refused(
                "it is delivered by now",
                409,
                "This message is already delivered.",
                (_DELIVERED,),
            ),
            _nothing("cancel"),
        ),
    ),
    UseCase(
        "send a message again",
        OPERATORS,
        Call("POST", f"{_MESSAGE}/resend", {"reason": "asked for"}),
        (*_RESEND, fill({"Reason": "asked for"}), press("Send again")),
        before=_FAILED,
        refused=(
            Refused(
                "it is delivered by now",
                409,
                "This message is delivered, not failed.",
                (_DELIVERED,),
            ),
            Refused(
                "without a reason",
                422,
                api=Call("POST", f"{_MESSAGE}/resend", {"reason": " "}),
                console=(*_RESEND, fill({"Reason": " "}), press("Send again")),
            ),
        ),
    ),
    UseCase(
        "take a message back",
        OPERATORS,
        Call("POST", f"{_MESSAGE}/recall", {"reason": "mixed up"}),
        (*_RECALL, fill({"Reason": "mixed up"}), press("Take the message back")),
        before=_DONE,
        refused=(
            Refused(
                "it is taken back by now",
                409,
                "This message is already recalled.",
                (_taken_back,),
            ),
            Refused(
                "without a reason",
                422,
                api=Call("POST", f"{_MESSAGE}/recall", {"reason": " "}),
                console=(
                    *_RECALL,
                    fill({"Reason": " "}),
                    press("Take the message back"),
                ),
            ),
        ),
    ),
    UseCase(
        "confirm a message",
        OPERATORS,
        Call("POST", f"{_MESSAGE}/acknowledge", {"by": "1001", "read_back": "3"}),
        (
            *_CONFIRM,
            fill({_BY: "1001", "Read back": "3"}),
            press("Record a confirmation"),
        ),
        before=_ASKED,
        refused=(
            Refused(
                "another value was read back",
                422,
                "What was read back is not the message's value.",
                api=Call(
                    "POST", f"{_MESSAGE}/acknowledge", {"by": "1001", "read_back": "4"}
                ),
                console=(
                    *_CONFIRM,
                    fill({_BY: "1001", "Read back": "4"}),
                    press("Record a confirmation"),
                ),
            ),
            Refused(
                "nothing was read back",
                422,
                "The value must be read back.",
                api=Call("POST", f"{_MESSAGE}/acknowledge", {"by": "1001"}),
                console=(
                    *_CONFIRM,
                    fill({_BY: "1001"}),
                    press("Record a confirmation"),
                ),
            ),
            Refused(
                "nobody confirms",
                422,
                api=Call("POST", f"{_MESSAGE}/acknowledge", {"by": ""}),
                console=(*_CONFIRM, agree("Record a confirmation")),
            ),
        ),
    ),
    UseCase(
        "see whom a message is for",
        OPERATORS,
        Call("POST", f"{ADMIN}/messages/{{m}}/recipient"),
        (_PAGE, press("Show in clear"), agree("Show and record")),
        before=_SENT,
    ),
    UseCase(
        "send again all that failed",
        OPERATORS,
        Call(
            "POST",
            f"{ADMIN}/failed-messages/resend",
            {"filter": {"client": "{n}"}, "reason": "asked for"},
        ),
        (
            go("/failed"),
            fill({"Client system": "{n}"}),
            press("Send all again"),
            fill({"Reason": "asked for"}),
            press("Send again"),
            sees("1 sent again"),
        ),
        before=_FAILED,
        refused=(
            Refused(
                "without a reason",
                422,
                api=Call(
                    "POST",
                    f"{ADMIN}/failed-messages/resend",
                    {"filter": {"client": "{n}"}, "reason": ""},
                ),
                console=(
                    go("/failed"),
                    fill({"Client system": "{n}"}),
                    press("Send all again"),
                    fill({"Reason": ""}),
                    press("Send again"),
                ),
            ),
        ),
    ),
)
