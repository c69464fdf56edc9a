"""What Tencent Cloud's senders share: the calls of one product, and its templates."""

from collections.abc import Mapping
from datetime import timedelta
from typing import ClassVar, Generic, TypeVar

import httpx

from channels.base import Content
from channels.kit.codes import CodeTable
from channels.kit.http import ProviderHttp, Slots, deadline
from channels.kit.times import Clock
from channels.template_ids import TENCENT, id_of_form, required
from channels.tencent.api import TencentAccount, TencentApi, TencentReply
from core.clock import utc_now
from core.words import Channel

A = TypeVar("A", bound=TencentAccount)


class TencentSender(Generic[A]):
    """Sends with one product of Tencent Cloud's: `service` in its `version`.

    `codes` says what an error of a whole call means; `slots` calls are under way at
    most. No product knows a duplicate key.
    """

    channel: ClassVar[Channel]
    provider: ClassVar[str] = "tencent"
    dedupe_window: ClassVar[timedelta | None] = None
    service: ClassVar[str]
    version: ClassVar[str]
    codes: ClassVar[CodeTable]
    slots: ClassVar[int]

    def __init__(
        self, account: A, http: httpx.AsyncClient, clock: Clock = utc_now
    ) -> None:
        self._account = account
        self._clock = clock
        line = ProviderHttp(self.provider, http, clock)
        self._api = TencentApi(line, account, self.service, self.version)
        self._slots = Slots(self.provider, self.slots)

    async def _call(self, action: str, params: Mapping[str, object]) -> TencentReply:
        """Return the answer to one sending; DeliveryError where it is an error."""
        async with self._slots.one():
            reply = await self._api.call(action, params, deadline())
        self._api.refuse(reply, self.codes)
        return reply

    def _template(self, content: Content) -> str:
        """Return the template's number; Misconfigured where none is named."""
        default = self._account.default_template
        template = id_of_form(content.provider_template, TENCENT, default)
        return required(self.provider, template)


def template_params(content: Content) -> list[str]:
    """Return the values for {1}, {2} …: the template's fields in their order."""
    return list((content.fields or content.params).values())
