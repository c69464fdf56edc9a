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
from tests.console_hand import Absent, Hand, Refusal

ADMIN = "/v1/admin"
ADMINS = frozenset({Role.ADMIN})
OPERATORS = frozenset({Role.ADMIN, Role.OPERATOR})
AUDITORS = frozenset({Role.ADMIN, Role.AUDITOR})
EVERYBODY = frozenset(Role)
MAY_NOT = "Your role"
Names = dict[str, str]
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
    # Whether others see it masked, and leave no trace, where they may not do it.
    masked: bool = False


@dataclass(frozen=True)
class Outcome:
    """What became of it at one door: done, or refused with these words."""

    done: bool
    words: tuple[str, ...] = ()
    status: int = 0
    audit: tuple[tuple[str, str, str], ...] = ()


@dataclass
class Stage:
    """A running centre, with somebody of each role at each door."""

    http: httpx.AsyncClient
    setter: Mapping[str, str]
    tokens: Mapping[Role, Mapping[str, str]]
    hands: Mapping[Role, Hand]
    rig: Any = None
    clients: dict[str, Mapping[str, str]] = field(default_factory=dict)
    asked: set[tuple[str, str]] = field(default_factory=set)

    async def ask(
        self, call: Call, names: Names, headers: Mapping[str, str]
    ) -> httpx.Response:
        path, body = filled(call.path, names), filled(call.body, names)
        asked = {"params": filled(dict(call.query), names), "headers": headers}
        if body is not None:
            asked["json"] = body
        return await self.http.request(call.method, path, **asked)

    async def log(self, after: int = 0, most: int = 20) -> list[dict[str, Any]]:
        """Return the audit log's rows after a number, the earliest first."""
        asked = {"params": {"limit": f"{most}"}, "headers": self.setter}
        answer = await self.http.get(f"{ADMIN}/audit", **asked)  # type: ignore[arg-type]
        rows: list[dict[str, Any]] = answer.json()["items"]
        return [row for row in rows[::-1] if row["number"] > after]

    async def last(self) -> int:
        """Return the number of the audit log's newest row."""
        rows = await self.log(most=1)
        return int(rows[-1]["number"]) if rows else 0

    async def written(self, after: int, names: Names) -> tuple[tuple[str, ...], ...]:
        """Return what was written down since: who, did what, to what."""
        rows = await self.log(after)
        return tuple(
            (r["actor"]["role"], r["action"], general(r["target"], names)) for r in rows
        )


def general(text: str, names: Names) -> str:
    """Return a text without the names of this run."""
    for name, held in sorted(names.items(), key=lambda pair: -len(pair[1])):
        text = text.replace(held, f"<{name}>")
    return _ID.sub("<id>", text)


async def _happen(stage: Stage, deeds: Sequence[Deed], names: Names) -> None:
    for deed in deeds:
        await deed(stage, names)


async def by_api(
    stage: Stage,
    call: Call,
    names: Names,
    headers: Mapping[str, str],
    meanwhile: Sequence[Deed] = (),
) -> Outcome:
    """Do it by the API."""
    await _happen(stage, meanwhile, names)
    mark = await stage.last()
    answer = await stage.ask(call, names, headers)
    stage.asked.add((call.method, call.path))
    audit = await stage.written(mark, names)
    if answer.status_code < 300:
        return Outcome(True, (), answer.status_code, audit)  # type: ignore[arg-type]
    said = answer.json()
    words = (said["detail"], *(e["detail"] for e in said.get("errors", ())))
    return Outcome(False, words, answer.status_code, audit)  # type: ignore[arg-type]


async def by_console(
    stage: Stage,
    steps: Sequence[Step],
    names: Names,
    hand: Hand,
    meanwhile: Sequence[Deed] = (),
) -> Outcome:
    """Do it at the console; `meanwhile` happens just before the last step.

    What opening the page writes down (who looked at what) is no part of it.
    """
    words: tuple[str, ...] = ()
    mark = await stage.last()
    try:
        await steps[0](hand, names)
        mark = await stage.last()
        for step in steps[1:-1]:
            await step(hand, names)
        if meanwhile:
            await _happen(stage, meanwhile, names)
            mark = await stage.last()
        if steps[1:]:
            await steps[-1](hand, names)
        await hand.settle()
    except Refusal as refusal:
        words = tuple(str(refusal).splitlines())
    except Absent as absent:
        words = (f"absent: {absent}",)
    finally:
        hand.leave()
    audit = await stage.written(mark, names)
    return Outcome(not words, words, 0, audit)  # type: ignore[arg-type]


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
