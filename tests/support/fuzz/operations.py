"""Every operation of a real centre, by its own OpenAPI document: `make fuzz`.

Two client systems and a person of each role ask what the document allows, and what it
does not. A 5xx is a finding, and so is an answer that the document does not know, and
anything of one system's that another one sees. Prints what it found; 1 if anything.
"""

import asyncio
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import hypothesis
import schemathesis
from hypothesis import HealthCheck, Phase, Verbosity
from schemathesis import Case, GenerationMode
from schemathesis.core.failures import FailureGroup

from core.words import Role
from tests.support.centre.running import running_centre
from tests.support.fuzz.callers import Caller, callers_of, seen_by_another

Operation = Any  # schemathesis.APIOperation, of a schema it does not name
# Why a request may be refused before anybody looks whose thing it names: its body, or
# that no system may do this at all.
BEFORE = frozenset({400, 403, 413, 415, 422, 429})
# Each round asks more of each operation than the one before.
QUIET = hypothesis.settings(
    deadline=None,
    database=None,
    phases=[Phase.generate],
    verbosity=Verbosity.quiet,
    suppress_health_check=list(HealthCheck),
)


class Fuzz:
    """A run over one centre: who asks, what is known so far, what was found."""

    def __init__(self, url: str, callers: list[Caller], chance: random.Random) -> None:
        self._url, self.chance = url, chance
        self.people = [caller for caller in callers if not caller.client]
        self.peers = [caller for caller in callers if caller.client]
        self.answers: Counter[str] = Counter()
        self.found: dict[str, str] = {}

    def ask(self, case: Case) -> None:
        """Send a case as somebody who may, or may not, and judge the answer."""
        people = case.operation.path.startswith(("/v1/admin", "/v1/codec"))
        usual, other = (
            (self.people, self.peers) if people else (self.peers, self.people)
        )
        caller = self.chance.choice(usual if self.chance.random() < 0.9 else other)
        self._fill(case, caller)
        answer = self._call(case, caller)
        if caller.client and not people:
            self._ask_as_the_other(case, caller, answer.status_code)

    def _fill(self, case: Case, caller: Caller) -> None:
        """Name what is there, mostly: nobody guesses an id."""
        given = case.path_parameters
        known = caller.things(case.operation.path)
        if isinstance(given, dict) and given and known and self.chance.random() < 0.7:
            given[next(iter(given))] = self.chance.choice(known)

    def _ask_as_the_other(self, case: Case, caller: Caller, status: int) -> None:
        """What is one system's is not there for another."""
        values = (case.path_parameters or {}).values()
        if not caller.made.intersection(map(str, values)):
            return
        peer = next(peer for peer in self.peers if peer is not caller)
        told = self._call(case, peer).status_code
        if told != 404 and not (told in BEFORE and (told == status or told == 429)):
            self._note(case, f"{told} for another system, {status} for its own", "")

    def _call(self, case: Case, caller: Caller) -> Any:
        answer = case.call(base_url=self._url, headers=caller.headers, timeout=30)
        self.answers[f"{answer.status_code // 100}xx {caller.name}"] += 1
        if answer.status_code < 300:
            caller.learn(case.operation.path, answer)
        try:
            case.validate_response(answer, checks=_checks())
        except FailureGroup as group:
            for failure in group.exceptions:
                self._note(case, f"{answer.status_code} {failure.title}", str(failure))
        for peer in self.peers if caller.client else ():
            if peer is not caller and seen_by_another(peer, answer):
                self._note(case, f"{caller.name} sees what {peer.name} made", "")
        return answer

    def _note(self, case: Case, what: str, more: str) -> None:
        place = f"{case.method} {case.operation.path}: {what}"
        if place not in self.found:
            self.found[place] = f"{more}\n{case.as_curl_command()}"


def _checks() -> list[Any]:
    known = schemathesis.checks
    return [
        known.not_a_server_error,
        known.status_code_conformance,
        known.content_type_conformance,
        known.response_schema_conformance,
    ]


def cases(operation: Operation, schema: Any) -> Iterator[Any]:
    """Yield how an operation's cases are made: its examples, right ones, wrong ones."""
    yield from schema.get_strategies_from_examples(operation)
    for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
        yield operation.as_strategy(mode)


def run(strategy: Any, ask: Callable[[Case], None], number: int, count: int) -> None:
    """Ask some cases of one kind; a kind that has none is left out."""

    @hypothesis.seed(number)
    @hypothesis.settings(QUIET, max_examples=count)
    @hypothesis.given(strategy)
    def each(case: Case) -> None:
        ask(case)

    with suppress(hypothesis.errors.Unsatisfiable):
        each()


def fuzz(url: str, callers: list[Caller], minutes: float, number: int) -> Fuzz:
    """Go round all operations until the time is up."""
    schema = schemathesis.openapi.from_url(f"{url}/openapi.json")
    operations = [found.ok() for found in schema.get_all_operations()]
    made = Fuzz(url, callers, random.Random(number))
    until = time.monotonic() + 60 * minutes
    rounds = 0
    while time.monotonic() < until:
        rounds += 1
        for caller in callers:
            caller.begin(url)
        made.chance.shuffle(operations)
        for operation in operations:
            for strategy in cases(operation, schema):
                if time.monotonic() < until:
                    run(strategy, made.ask, number + rounds, rounds)
    made.answers[f"rounds over {len(operations)} operations"] = rounds
    return made


async def main(minutes: float, number: int) -> int:
    """Start a centre, go over it, and tell what was found."""
    with tempfile.TemporaryDirectory() as folder:
        async with running_centre(Path(folder) / "var") as centre:
            callers = await callers_of(centre, [role.value for role in Role])
            made = await asyncio.to_thread(fuzz, centre.url, callers, minutes, number)
            if made.found:
                print(centre.log("api")[-4000:])  # noqa: T201
    for name, count in sorted(made.answers.items()):
        print(f"{count:7} {name}")  # noqa: T201
    for place, told in made.found.items():
        print(f"\n{place}\n{told}")  # noqa: T201
    print(f"\n{len(made.found)} findings (seed {number})")  # noqa: T201
    return int(bool(made.found))


if __name__ == "__main__":
    minutes = float(sys.argv[1]) if sys.argv[1:] else 5
    # A run is repeated by its seed, as far as the clock allows.
    number = int(sys.argv[2]) if sys.argv[2:] else random.randrange(1_000_000)
    sys.exit(asyncio.run(main(minutes, number)))
