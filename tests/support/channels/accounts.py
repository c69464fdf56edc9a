"""Accounts that are open, without a provider behind them."""

from datetime import timedelta
from typing import ClassVar

from channels.aliyun.sms import AliyunAccount
from channels.base import Acceptance, Sending
from channels.breaker import Breaker
from channels.provider import Account
from channels.router import Route
from core.traffic_shares import RoutingRules
from core.words import Channel
from tests.support.channels.fakes import PORTS, Clock

RULES = RoutingRules(breaker_failures=3, breaker_pause_seconds=30)


class Yes:
    """A provider that takes everything."""

    channel: ClassVar[Channel] = Channel.SMS
    provider: ClassVar[str] = "aliyun"
    dedupe_window: ClassVar[timedelta | None] = None

    async def send(self, sending: Sending) -> Acceptance:
        return Acceptance(provider="aliyun")


def route(
    code: str, weight: int, clock: Clock | None = None, most: int | None = None
) -> Route:
    account = Account(
        code=code,
        channel=Channel.SMS,
        provider="aliyun",
        weight=weight,
        max_concurrent=most,
        values=AliyunAccount.sandbox(PORTS),
    )
    return Route(Yes(), account, Breaker(RULES, clock or Clock()))
