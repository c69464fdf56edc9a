"""What a row of the table of both doors is made of, and how a row is run.

A use case is written down twice, as a request to the API and as what a person does at
the console, with who may do it and what it refuses. `{n}` and what a request before it
has answered (`keep`) stand for the things of this run: each door has its own.
"""

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx

from console.kit.texts import all_texts
from core.words import Role
from tests.support.doors.hand import Absent, Hand, Refusal

ADMIN = "/v1/admin"
ADMINS = frozenset({Role.ADMIN})
OPERATORS = frozenset({Role.ADMIN, Role.OPERATOR})
AUDITORS = frozenset({Role.ADMIN, Role.AUDITOR})
EVERYBODY = frozenset(Role)
Names = dict[str, str]
Written = tuple[tuple[str, str, str], ...]
Step = Callable[[Hand, Names], Awaitable[None]]
Deed = Callable[["Stage", Names], Awaitable[None]]
_NAME = re.compile(r"\{(\w+)\}")
_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f-]{22}|[0-9a-f]{64}")


def filled(held: Any, names: Mapping[str, str]) -> Any:
    """Put the names of this run into texts, lists and objects."""
    if isinstance(held, str):
        return _NAME.sub(lambda found: names.get(found[1], found[0]), held)
    if isinstance(held, dict):
        return {filled(k, names): filled(v, names) for k, v in held.items()}
    return [filled(v, names) for v in held] if isinstance(held, list) else held


@dataclass(frozen=True)
class Call:
    """A request; `keep` are places of the answer that later ones may name."""

    method: str
    path: str
    body: Any = None
    keep: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)

    async def __call__(self, stage: "Stage", names: Names) -> None:
        """Send it as an administrator who sets things up."""
        answer = await stage.ask(self, names, stage.setter)
        assert answer.status_code < 300, f"{self.path}: {answer.text}"
        for name, place in self.keep.items():
            found = answer.json()
            for part in place.split("."):
                found = found[int(part) if part.isdigit() else part]
            names[name] = str(found)
            # Lists show the end of a long id.
            names[f"{name}_end"] = str(found)[-12:]


@dataclass(frozen=True)
class Refused:
    """What both doors refuse: `meanwhile` happens once the page is open.

    `words` are what both say (the console its translation); None: each its own.
    """

    name: str
    status: int
    words: str | None = None
    meanwhile: Sequence[Deed] = ()
    api: Call | None = None
    console: Sequence[Step] | None = None
    # The console does not even offer it.
    absent: bool = False


@dataclass(frozen=True)
class UseCase:
    """A row: what is done, by whom, at which door how."""

    name: str
    roles: frozenset[Role]
    api: Call
    console: Sequence[Step]
    before: Sequence[Deed] = ()
    refused: Sequence[Refused] = ()
    # What one door writes down beside it, and may.
    beside: frozenset[str] = frozenset()
    # Whether it writes anything down; who changes nothing may write nothing.
    changes: bool = True
    # Whether one does it as the person `{n}`, of each role.
    own: bool = False
    # What happens once the page is open.
    meanwhile: Sequence[Deed] = ()


@dataclass(frozen=True)
class Outcome:
    """What became of it at one door: done, or refused with these words."""

    done: bool
    words: tuple[str, ...] = ()
    status: int = 0
    audit: Written = ()


@dataclass
class Stage:
    """A running centre, with somebody of each role at each door."""

    http: httpx.AsyncClient
    setter: Mapping[str, str]
    tokens: Mapping[Role, Mapping[str, str]]
    hands: Mapping[Role, Hand]
    rig: Any
    ran: set[tuple[str, str]] = field(default_factory=set)
    clients: dict[str, Mapping[str, str]] = field(default_factory=dict)
    marks: dict[str, int] = field(default_factory=dict)

    async def ask(
        self, call: Call, names: Names, headers: Mapping[str, str]
    ) -> httpx.Response:
        path, body = filled(call.path, names), filled(call.body, names)
        asked = {"params": filled(dict(call.query), names), "headers": headers}
        if body is not None:
            asked["json"] = body
        return await self.http.request(call.method, path, **asked)

    async def written(self, who: str, names: Names) -> Written:
        """Return what somebody has done since this was asked of them: what, to what."""
        query = {"who": who, "limit": "20"}
        answer = await self.http.get(
            f"{ADMIN}/audit", params=query, headers=self.setter
        )
        rows = answer.json()["items"]
        last = self.marks.get(who, 0)
        self.marks[who] = max([last, *(row["number"] for row in rows)])
        return tuple(
            (row["actor"]["role"], row["action"], general(row["target"], names))
            for row in rows[::-1]
            if row["number"] > last
        )


@dataclass(frozen=True)
class Run:
    """A row at one door: the things it is about, and who does it."""

    names: Names
    who: str
    headers: Mapping[str, str]
    hand: Hand


def general(text: str, names: Names) -> str:
    """Return a text without the names of this run."""
    for name, held in sorted(names.items(), key=lambda pair: -len(pair[1])):
        text = text.replace(held, f"<{name}>")
    return _ID.sub("<id>", text)


async def _happen(stage: Stage, deeds: Sequence[Deed], names: Names) -> None:
    for deed in deeds:
        await deed(stage, names)


async def by_api(
    stage: Stage, run: Run, call: Call, meanwhile: Sequence[Deed] = ()
) -> Outcome:
    """Do it by the API."""
    await _happen(stage, meanwhile, run.names)
    answer = await stage.ask(call, run.names, run.headers)
    audit = await stage.written(run.who, run.names)
    if answer.status_code < 300:
        return Outcome(True, (), answer.status_code, audit)
    said = answer.json()
    words = (said["detail"], *(e["detail"] for e in said.get("errors", ())))
    return Outcome(False, words, answer.status_code, audit)


async def by_console(
    stage: Stage, run: Run, steps: Sequence[Step], meanwhile: Sequence[Deed] = ()
) -> Outcome:
    """Do it at the console; `meanwhile` happens just before the last step."""
    words: tuple[str, ...] = ()
    try:
        for step in steps[:-1]:
            await step(run.hand, run.names)
        await _happen(stage, meanwhile, run.names)
        await steps[-1](run.hand, run.names)
        await run.hand.settle()
    except Refusal as refusal:
        words = tuple(str(refusal).splitlines())
    except Absent as absent:
        words = (f"absent: {absent}",)
    finally:
        run.hand.leave()
    audit = await stage.written(run.who, run.names)
    return Outcome(not words, words, 0, audit)


def in_english(text: str) -> str:
    """Return how the console says an error in English."""
    found = all_texts().get(f"detail.{text}")
    return found["en"] if found else text


def go(path: str) -> Step:
    """Open a page."""

    async def step(hand: Hand, names: Names) -> None:
        await hand.open(filled(path, names))

    return step


def press(label: str, within: str | None = None) -> Step:
    """Click a button."""

    async def step(hand: Hand, names: Names) -> None:
        await hand.click(filled(label, names), within and filled(within, names))

    return step


def agree(label: str) -> Step:
    """Say yes in the dialog that has just opened."""

    async def step(hand: Hand, names: Names) -> None:
        await hand.agree(label)

    return step


def act(row: str, action: str) -> Step:
    """Click a button in a table's row."""

    async def step(hand: Hand, names: Names) -> None:
        await hand.act(filled(row, names), action)

    return step


def fill(values: Mapping[str, Any], within: str | None = None) -> Step:
    """Fill fields by their labels, once the first is there."""

    async def step(hand: Hand, names: Names) -> None:
        room = within and filled(within, names)
        await hand.there(next(iter(values)), room)
        for label, value in values.items():
            hand.fill(filled(label, names), filled(value, names), room)

    return step


def asks(text: str) -> Step:
    """Stop where the console asks before it goes on: not everybody goes on."""

    async def step(hand: Hand, names: Names) -> None:
        raise Refusal(await hand.shown(filled(text, names)))

    return step


def unfold(title: str, within: str | None = None) -> Step:
    """Open what is folded."""

    async def step(hand: Hand, names: Names) -> None:
        hand.open_up(title, within and filled(within, names))

    return step


def sees(text: str) -> Step:
    """Wait until something is to be read."""

    async def step(hand: Hand, names: Names) -> None:
        await hand.read(filled(text, names))

    return step
