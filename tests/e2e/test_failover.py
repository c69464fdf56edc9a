"""Two providers of one channel on a running centre: traffic leaves the slow one."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass

import pytest
import pytest_asyncio

from core.traffic_shares import RoutingRules
from tests.support.centre.providers import Providers, providers_of
from tests.support.centre.running import running_centre
from tests.support.centre.system import Document, System, joined, signed_in, somebody
from tests.support.centre.types import define, message

pytestmark = pytest.mark.asyncio(loop_scope="module")
KIND, WAVE, SLOW_MS = "failover-text", 16, 2500
ACCOUNTS = "/admin/channels/sms/accounts"
# A quarter of an hour is six seconds here; a busy machine is not yet slow.
RULES = RoutingRules(
    slow_call_seconds=1.5,
    slow_window_seconds=6,
    slow_pause_seconds=0.5,
    # A worker takes up new shares every five seconds.
    quiet_seconds=8,
    least_calls=3,
    points=50,
    every_seconds=0.5,
)
# What the store and the worker need to see and follow a change.
FOLLOWED_SECONDS = 20
_KEY = {"base_url": "", "sign_name": "市第一医院"}
_SECRETS: dict[str, Document] = {
    "aliyun": {"access_key_id": "sandbox", "access_key_secret": "sandbox-secret"},
    "tencent": {
        "secret_id": "sandbox",
        "secret_key": "sandbox-secret",
        "sdk_app_id": "1400000000",
    },
}


@dataclass(frozen=True)
class Hospital:
    """A system that sends texts, and both sides of how they go."""

    system: System
    providers: Providers

    async def wave(self) -> Counter[str]:
        """Send some texts at once; return how many each provider took."""
        people = [somebody() for _ in range(WAVE)]
        ids = [await self.system.send(message(KIND, person)) for person in people]
        docs = await asyncio.gather(*(self.system.ended(each) for each in ids))
        assert {doc["status"] for doc in docs} == {"delivered"}
        return Counter(doc["deliveries"][0]["provider"] for doc in docs)

    async def waves_until(
        self, done: Callable[[Counter[str]], bool], within: float
    ) -> None:
        """Send until a wave goes as it should; TimeoutError where that takes longer."""
        async with asyncio.timeout(within):
            while not done(await self.wave()):
                continue


def shared(wave: Counter[str]) -> bool:
    """Tell whether both providers had a fair part of a wave."""
    return len(wave) == len(_SECRETS) and min(wave.values()) >= WAVE // 4


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def hospital(
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[Hospital]:
    folder = tmp_path_factory.mktemp("failover")
    async with (
        running_centre(folder, routing=RULES) as centre,
        signed_in(centre) as admin,
        joined(centre, "failover-his") as system,
        providers_of(centre) as providers,
    ):
        await define(admin, KIND, {"sms": 1.0})
        for name, secrets in _SECRETS.items():
            values = {**_KEY, **secrets, "base_url": centre.sandbox_url}
            body = {"code": name, "provider": name, "weight": 50, "values": values}
            await admin.ask("POST", ACCOUNTS, body)
        hospital = Hospital(system, providers)
        await hospital.waves_until(shared, FOLLOWED_SECONDS)
        yield hospital


async def test_a_slow_provider_loses_its_traffic_and_gets_it_back(
    hospital: Hospital,
) -> None:
    slow = {"provider": "aliyun", "outcome": "accept", "delay_ms": SLOW_MS}
    await hospital.providers.obey(slow)
    within = RULES.slow_window_seconds + FOLLOWED_SECONDS
    await hospital.waves_until(lambda wave: wave["tencent"] == WAVE, within)
    await hospital.providers.obey()
    within = RULES.quiet_seconds + within
    await hospital.waves_until(shared, within)


async def test_a_failing_provider_costs_no_message(hospital: Hospital) -> None:
    """What one account is known not to have taken goes by the other at once."""
    await hospital.providers.obey({"provider": "aliyun", "outcome": "server_error"})
    assert await hospital.wave() == {"tencent": WAVE}
