"""Both doors: the queues of client systems, and what they are watched for."""

from collections.abc import Sequence

from tests.support.doors.clients import NEW_CLIENT
from tests.support.doors.stage import raise_alarm
from tests.support.doors.use_cases import (
    ADMIN,
    ADMINS,
    OPERATORS,
    Call,
    Names,
    Refused,
    Stage,
    Step,
    UseCase,
    act,
    agree,
    fill,
    go,
    press,
)

_WATCH = f"{ADMIN}/watch"
_DEFAULTS = {
    "backlog": 500,
    "oldest_age_seconds": 600,
    "no_poller_seconds": 60,
    "failure_share": 0.5,
    "failure_at_least": 20,
}
_ALARMS = go("/alarms")
_NEWEST = {"alarm": "items.0.id"}


async def _alarm(stage: Stage, names: Names) -> None:
    """Let an alarm be raised over a queue."""
    await raise_alarm(stage.rig, names["n"])


WATCH = (
    UseCase(
        "set the default thresholds",
        ADMINS,
        Call("PUT", f"{_WATCH}/thresholds", _DEFAULTS),
        (
            _ALARMS,
            fill({"Backlog": 500.0}, "Default thresholds"),
            press("Save", "Default thresholds"),
        ),
        refused=(
            Refused(
                "a share of more than all",
                422,
                api=Call("PUT", f"{_WATCH}/thresholds", {"failure_share": 2}),
                console=(
                    _ALARMS,
                    fill(
                        {"Share of failures (0–1, 15 minutes)": 2.0},
                        "Default thresholds",
                    ),
                    press("Save", "Default thresholds"),
                ),
            ),
        ),
    ),
    UseCase(
        "set the expected times",
        ADMINS,
        Call("PUT", f"{_WATCH}/expected", {"seconds": {"high": 400}}),
        (
            _ALARMS,
            fill({"High (s)": 400.0}, "Expected times"),
            press("Save", "Expected times"),
        ),
        refused=(
            Refused(
                "a time of nothing",
                422,
                api=Call("PUT", f"{_WATCH}/expected", {"seconds": {"high": 0}}),
                console=(
                    _ALARMS,
                    fill({"High (s)": 0.0}, "Expected times"),
                    press("Save", "Expected times"),
                ),
            ),
        ),
    ),
    UseCase(
        "set who is told of alarms",
        ADMINS,
        Call(
            "PUT",
            f"{_WATCH}/recipients",
            {"recipients": [{"type": "staff_no", "value": "1001"}]},
        ),
        (
            _ALARMS,
            fill({"New list": "staff_no=1001"}, "Who is told"),
            press("Save", "Who is told"),
        ),
        refused=(
            Refused(
                "a number that is none",
                422,
                "The identity is not a mobile number.",
                api=Call(
                    "PUT",
                    f"{_WATCH}/recipients",
                    {"recipients": [{"type": "mobile", "value": "nobody"}]},
                ),
                console=(
                    _ALARMS,
                    fill({"New list": "mobile=nobody"}, "Who is told"),
                    press("Save", "Who is told"),
                ),
            ),
        ),
    ),
    UseCase(
        "set a queue's own thresholds",
        ADMINS,
        Call("PUT", f"{ADMIN}/queues/{{n}}/alarms", {"backlog": 7}),
        (
            go("/queues"),
            act("{n}", "Set alarm thresholds"),
            fill({"Backlog": 7.0}),
            press("Save"),
        ),
        before=(NEW_CLIENT, Call("POST", f"{ADMIN}/queues/{{n}}/resume")),
    ),
    UseCase(
        "look after an alarm",
        OPERATORS,
        Call("POST", f"{ADMIN}/alarms/{{alarm}}/acknowledge"),
        (_ALARMS, act("{alarm}", "I look after it")),
        before=(
            NEW_CLIENT,
            Call("PUT", f"{ADMIN}/queues/{{n}}/alarms", {"backlog": 1}),
            _alarm,
            Call("GET", f"{ADMIN}/alarms", query={"limit": "1"}, keep=_NEWEST),
        ),
    ),
)
_QUEUE = f"{ADMIN}/queues/{{n}}"
_LIMIT: Sequence[Step] = (go("/queues"), act("{n}", "Set a limit"))


def _limit(name: str, value: float) -> Refused:
    return Refused(
        name,
        422,
        api=Call("PUT", f"{_QUEUE}/limit", {"per_second": value}),
        console=(*_LIMIT, fill({"Limit /s": value}), press("Save")),
    )


# A queue that was just steered is read anew.
_RUNS = (NEW_CLIENT, Call("POST", f"{_QUEUE}/resume"))
QUEUES = (
    UseCase(
        "pause a queue",
        OPERATORS,
        Call("POST", f"{_QUEUE}/pause"),
        (go("/queues"), act("{n}", "Pause"), agree("Pause")),
        before=_RUNS,
    ),
    UseCase(
        "resume a queue",
        OPERATORS,
        Call("POST", f"{_QUEUE}/resume"),
        (go("/queues"), act("{n}", "Resume")),
        before=(NEW_CLIENT, Call("POST", f"{_QUEUE}/pause")),
    ),
    UseCase(
        "limit a queue",
        OPERATORS,
        Call("PUT", f"{_QUEUE}/limit", {"per_second": 5.0}),
        (*_LIMIT, fill({"Limit /s": 5.0}), press("Save")),
        before=_RUNS,
        refused=(
            _limit("a limit of nothing", 0.0),
            _limit("a limit slower than can be counted", 0.0005),
            _limit("a limit faster than there is", 100_001.0),
        ),
    ),
    UseCase(
        "let critical messages pass a pause",
        OPERATORS,
        Call("PATCH", _QUEUE, {"critical_passes_pause": True}),
        (
            go("/queues"),
            act("{n}", "Let critical messages pass a pause"),
            agree("Let critical messages pass a pause"),
        ),
        before=_RUNS,
    ),
    UseCase(
        "let a pause hold critical messages",
        OPERATORS,
        Call("PATCH", _QUEUE, {"critical_passes_pause": False}),
        (
            go("/queues"),
            act("{n}", "Let a pause hold critical messages"),
            agree("Let a pause hold critical messages"),
        ),
        before=(NEW_CLIENT, Call("PATCH", _QUEUE, {"critical_passes_pause": True})),
    ),
)
