"""What Aliyun's senders share: the calls of one product, and its templates."""

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import ClassVar, Generic, TypeVar

import httpx

from channels.aliyun.api import AliyunApi, AliyunKey
from channels.aliyun.codes import raise_over_limit
from channels.base import Acceptance, Content
from channels.kit.clip import clip
from channels.kit.codes import CodeTable
from channels.kit.http import ProviderHttp, Slots, deadline
from channels.kit.times import Clock
from channels.template_ids import ALIYUN_LONGEST
from core.clock import utc_now
from core.words import Channel

A = TypeVar("A", bound=AliyunKey)


class AliyunSender(Generic[A]):
    """Sends with one product of Aliyun's, in its `version`.

    `codes` says what a code other than OK means; `slots` calls are under way at
    most. No product knows a duplicate key.
    """

    channel: ClassVar[Channel]
    provider: ClassVar[str] = "aliyun"
    dedupe_window: ClassVar[timedelta | None] = None
    version: ClassVar[str]
    codes: ClassVar[CodeTable]
    slots: ClassVar[int]

    def __init__(
        self, account: A, http: httpx.AsyncClient, clock: Clock = utc_now
    ) -> None:
        self._account = account
        self._clock = clock
        self._api = AliyunApi(
            ProviderHttp(self.provider, http, clock), account, self.version
        )
        self._slots = Slots(self.provider, self.slots)

    async def _place(
        self, action: str, params: Mapping[str, str], number: str
    ) -> Acceptance:
        """Return Aliyun's yes to one sending, whose id stands in the field `number`."""
        async with self._slots.one():
            reply = await self._api.call(action, params, deadline())
        raise_over_limit(reply, self._clock())
        self._api.refuse(reply, self.codes)
        given = reply.text(number)[:128] or None
        return Acceptance(provider=self.provider, provider_message_id=given)


def template_param(content: Content) -> str:
    """Return the template's variables as the JSON text Aliyun wants, each cut to size.

    A value over its limit would lose the message; requests that have one are refused
    where they come in, critical ones excepted.
    """
    values = content.fields or content.params
    cut = {name: clip(value, ALIYUN_LONGEST, len) for name, value in values.items()}
    return json.dumps(cut, ensure_ascii=False)
