"""Each sender alone, without a workflow, through the sandbox with 200 ms of latency.

The sandbox checks signatures and fields as in the tests, in a process of its own.
The ideal is the latency alone, with as many calls under way as the sender allows.
"""

import os
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from math import ceil
from typing import Any
from uuid import uuid4

import httpx

from benchmarks.measure import Timing, burst, cpu_ms
from benchmarks.report import table
from benchmarks.rig import Rig, new_rig, until_listening
from benchmarks.rounds import Say
from channels.base import Closing, Sender, Sending
from channels.kit.http import Slots, open_http
from channels.provider import Provider, SandboxPorts, Tools
from channels.registry import PROVIDERS
from core.base import evolve
from core.settings import Settings
from core.words import Channel
from deploy.supervision.processes import sandbox
from tests.support.channels.fakes import CONTENT, sending

LATENCY = 0.2
# One that allows few calls at once would take minutes for all: it sends less.
_MOST_SECONDS = 25.0
# Each account's own template: their numbers differ from provider to provider.
_CONTENT = evolve(CONTENT, provider_template=None)


@dataclass(frozen=True)
class Cost:
    """What one sender showed; CPU in ms for one send.

    `refused` counts the sends that raised; `ideal` is the time in seconds that
    the latency alone takes.
    """

    name: str
    sends: int
    at_once: int
    refused: int
    seconds: float
    cpu: float
    sandbox_cpu: float

    @property
    def ideal(self) -> float:
        """The time that the latency alone takes, in seconds."""
        return ceil(self.sends / self.at_once) * LATENCY


async def costs(most: int, say: Say) -> list[Cost]:
    """Measure every registered sender, one after the other."""
    async with new_rig() as rig, _sandbox(rig) as settings, _tools() as tools:
        ports = SandboxPorts(
            f"http://127.0.0.1:{settings.sandbox_port}",
            settings.smtp_port,
            settings.cmpp_port,
            settings.smpp_port,
        )
        found = []
        for provider in PROVIDERS:
            sender = provider.open(provider.sandbox(ports), tools)
            found.append(await _cost(rig, provider, sender, most))
            say(f"  {found[-1]}")
            if isinstance(sender, Closing):
                await sender.aclose()
    return found


@asynccontextmanager
async def _sandbox(rig: Rig) -> AsyncIterator[Settings]:
    """Run a sandbox that answers everything, late."""
    settings = rig.settings()
    await rig.start("sandbox", *sandbox(settings))
    await until_listening(settings.sandbox_port)
    late = [{"outcome": "no_receipt", "delay_ms": int(LATENCY * 1000)}]
    url = f"http://127.0.0.1:{settings.sandbox_port}/_sandbox/rules"
    async with httpx.AsyncClient(trust_env=False) as control:
        (await control.put(url, json=late)).raise_for_status()
    yield settings


@asynccontextmanager
async def _tools() -> AsyncIterator[Tools]:
    async def deposit(sending: Sending) -> None:
        """Keep nothing: the inbox has no provider."""

    async with open_http() as http:
        yield Tools(http, deposit)


class _Sends:
    """Sends to one sender, each with an id of its own."""

    def __init__(self, sender: Sender, channel: Channel) -> None:
        self._sender = sender
        self._channel = channel
        self.refused = 0

    async def one(self) -> Timing:
        """Send once."""
        began = time.monotonic()
        try:
            await self._sender.send(sending(self._channel, _CONTENT, id=uuid4()))
        except Exception:  # whatever it is, it is counted and told
            self.refused += 1
        ended = time.monotonic()
        return Timing(began, ended, ended)


async def _cost(rig: Rig, provider: Provider[Any], sender: Sender, most: int) -> Cost:
    side = _Sends(sender, provider.channel)
    await side.one()  # which fetches a token or signs in, where there is one
    at_once = _allowed(sender)
    sends = min(most, int(at_once * _MOST_SECONDS / LATENCY))
    await burst(side.one, at_once, at_once)
    side.refused = 0
    own, theirs = cpu_ms([os.getpid()]), cpu_ms(rig.pids("sandbox"))
    timings = await burst(side.one, sends, at_once)
    own, theirs = cpu_ms([os.getpid()]) - own, cpu_ms(rig.pids("sandbox")) - theirs
    return Cost(
        name=f"{provider.channel}, {provider.name}",
        sends=sends,
        at_once=at_once,
        refused=side.refused,
        seconds=max(t.ended for t in timings) - min(t.began for t in timings),
        cpu=own / sends,
        sandbox_cpu=theirs / sends,
    )


def _allowed(sender: Sender) -> int:
    """Return how many calls a sender allows at once: the size of its slots.

    Which of its parts holds them is its own affair, so they are searched for.
    """
    parts, seen = [vars(sender)], 0
    while parts and seen < 100:
        seen += 1
        for part in parts.pop(0).values():
            if isinstance(part, Slots):
                return part.size
            if hasattr(part, "__dict__") and type(part).__module__.startswith("chan"):
                parts.append(vars(part))
    raise LookupError(f"{type(sender).__name__} has no slots")


def report(costs: Sequence[Cost]) -> str:
    """Return the table of the senders."""
    heads = (
        "",
        "sends",
        "at once",
        "refused",
        "seconds",
        "of the ideal",
        "CPU ms a send",
        "sandbox CPU ms a send",
    )
    lines = [
        (
            cost.name,
            str(cost.sends),
            str(cost.at_once),
            str(cost.refused),
            f"{cost.seconds:.1f}",
            f"{cost.seconds / cost.ideal:.2f}",
            f"{cost.cpu:.2f}",
            f"{cost.sandbox_cpu:.2f}",
        )
        for cost in costs
    ]
    title = f"### Senders alone, {LATENCY * 1000:.0f} ms of latency at the sandbox"
    return f"{title}\n\n{table(heads, lines)}"
