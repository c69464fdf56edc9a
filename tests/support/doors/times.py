"""Both doors: when messages may go out."""

from tests.support.doors.catalog import NEW_TYPE
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
    unfold,
)

_SKIP = {"then": "skip"}
_SKIPS = "Skip the channel and use the next"
_SAVE = "Save sending times"
_THEN = "While nothing may go out"
_TOO_MANY = {"quiet": [{"start": "08:00", "end": "08:00"}]}


def _times(name: str, path: str, page: str, card: str) -> UseCase:
    """Set a scope's times to what they are not yet."""
    rules = f"{ADMIN}{path}/sending-times"
    skips = (go(page), fill({_THEN: _SKIPS}, card), press(_SAVE, card))
    waits = Call("PUT", rules, {"then": "defer", "closed_on_holidays": True})
    return UseCase(
        name,
        ADMINS,
        Call("PUT", rules, _SKIP | {"closed_on_holidays": True}),
        skips,
        before=(NEW_TYPE, waits),
        refused=(
            Refused(
                "all hours are quiet",
                422,
                "Nothing could ever be sent.",
                api=Call("PUT", rules, _TOO_MANY),
                console=(
                    go(page),
                    press("Add a line: Quiet hours", card),
                    fill({"From": "08:00", "To": "08:00"}, card),
                    press(_SAVE, card),
                ),
            ),
        ),
    )


_DAYS = f"{ADMIN}/holidays"
_DAY = Call("PUT", f"{_DAYS}/2031-05-01", {"name": "May"})
_HOLIDAYS = go("/sending-times")
TIMES = (
    _times("set the hospital's times", "", "/sending-times", "The whole hospital"),
    _times(
        "set a class's times",
        "/type-classes/billing",
        "/sending-times/billing",
        "When",
    ),
    _times("set a type's times", "/message-types/{n}", "/types/{n}", "When"),
    _times("set a channel's times", "/channels/alipay", "/channels/alipay", "When"),
    UseCase(
        "set a type's class",
        ADMINS,
        Call("PATCH", f"{ADMIN}/message-types/{{n}}", {"type_class": "billing"}),
        (go("/types/{n}"), fill({"Class": "Billing"}, "When"), press(_SAVE, "When")),
        before=(NEW_TYPE,),
    ),
    UseCase(
        "set times as they are",
        ADMINS,
        Call("PUT", f"{ADMIN}/message-types/{{n}}/sending-times", _SKIP),
        (go("/types/{n}"), press(_SAVE, "When")),
        before=(
            NEW_TYPE,
            Call("PUT", f"{ADMIN}/message-types/{{n}}/sending-times", _SKIP),
        ),
        changes=False,
    ),
    UseCase(
        "add a holiday",
        ADMINS,
        _DAY,
        (
            _HOLIDAYS,
            fill({"Day": "2031-05-01", "Name": "May"}),
            press("Add the holiday"),
        ),
        refused=(
            Refused(
                "no such day",
                422,
                api=Call("PUT", _DAYS, {"items": [{"day": "2031-02-30", "name": "x"}]}),
                console=(
                    _HOLIDAYS,
                    fill({"Day": "2031-02-30"}),
                    press("Add the holiday"),
                ),
            ),
        ),
    ),
    UseCase(
        "add several holidays",
        ADMINS,
        Call("PUT", _DAYS, {"items": [{"day": "2031-05-02", "name": "May"}]}),
        (
            _HOLIDAYS,
            unfold("Paste several at once (CSV)"),
            fill({"Holidays (CSV)": "2031-05-02,May"}),
            press("Add them all"),
        ),
    ),
    UseCase(
        "remove a holiday",
        ADMINS,
        Call("DELETE", f"{_DAYS}/2031-05-01"),
        (
            _HOLIDAYS,
            act("2031-05-01", "Remove the holiday"),
            agree("Remove the holiday"),
        ),
        before=(_DAY,),
        refused=(
            Refused(
                "it is gone",
                404,
                "There is no such holiday.",
                (Call("DELETE", f"{_DAYS}/2031-05-01"),),
            ),
        ),
    ),
)
