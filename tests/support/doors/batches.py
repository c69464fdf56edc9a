"""Both doors: batches that are under way."""

from tests.support.doors.catalog import BY_SMS, NEW_TYPE, SAYS
from tests.support.doors.messages import NOBODY, as_client, join
from tests.support.doors.use_cases import (
    ADMIN,
    OPERATORS,
    Call,
    Refused,
    UseCase,
    agree,
    fill,
    go,
    press,
)

_BATCH = f"{ADMIN}/batches/{{b}}"
_MANY = {
    "type": "{n}",
    "recipients": [{"identities": {"mobile": "{mobile}"}, "params": {"place": "3"}}],
}
_BEGUN = (NEW_TYPE, SAYS, BY_SMS, join, as_client("/v1/batches", _MANY, "b"))
_SEEN = go("/batches/{b}")
_CANCEL = Call("POST", f"{_BATCH}/cancel")
_OVER = "This batch is already cancelled."
_RATE = (_SEEN, press("Change the rate"))


def _rate(name: str, rate: float) -> Refused:
    return Refused(
        name,
        422,
        api=Call("PUT", f"{_BATCH}/rate", {"rate_per_second": rate}),
        console=(*_RATE, fill({"Begun per second": rate}), press("Save")),
    )


_IS_OVER = Refused("it is cancelled by now", 409, _OVER, (_CANCEL,))
_PAUSE = Call("POST", f"{_BATCH}/pause")
BATCHES = (
    UseCase(
        "pause a batch",
        OPERATORS,
        _PAUSE,
        (_SEEN, press("Pause"), agree("Pause")),
        before=_BEGUN,
        refused=(
            _IS_OVER,
            Refused(
                "there is none",
                404,
                "There is no such batch.",
                api=Call("POST", f"{ADMIN}/batches/{NOBODY}/pause"),
                console=(go(f"/batches/{NOBODY}"),),
            ),
        ),
    ),
    UseCase(
        "resume a batch",
        OPERATORS,
        Call("POST", f"{_BATCH}/resume"),
        (_SEEN, press("Resume")),
        before=(*_BEGUN, _PAUSE),
        refused=(_IS_OVER,),
    ),
    UseCase(
        "set a batch's rate",
        OPERATORS,
        Call("PUT", f"{_BATCH}/rate", {"rate_per_second": 5.0}),
        (*_RATE, fill({"Begun per second": 5.0}), press("Save")),
        before=_BEGUN,
        refused=(
            _IS_OVER,
            _rate("a rate of nothing", 0.0),
            _rate("a rate slower than can be counted", 0.0005),
            _rate("a rate faster than there is", 1001.0),
        ),
    ),
    UseCase(
        "cancel a batch",
        OPERATORS,
        _CANCEL,
        (_SEEN, press("Cancel the batch"), agree("Cancel the batch")),
        before=_BEGUN,
        refused=(_IS_OVER,),
    ),
)
