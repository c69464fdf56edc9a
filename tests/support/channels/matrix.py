"""The providers that every channel test goes through, a row for each.

To add a provider: register it in `channels/registry.py`, give its channel an
address in `fakes.py` beside this file, let the sandbox answer for it, and append a
row to CARRIED. Where an outcome of the rules or a fault means something else than
with most, `but` says what. One whose account has a `base_url` also goes through
every fault of `faults.py`; tokens fetched at the addresses in `TOKENS` there are
handed out before the fault. The tests are `tests/channels/test_sandbox.py` and
`tests/channels/test_faults.py`.
"""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from uuid import UUID, uuid4

from channels.base import Sender, Sending
from channels.kit.http import open_http
from channels.provider import SandboxPorts, Tools
from channels.registry import find_provider
from core.errors import (
    ContentRefused,
    DeliveryError,
    Misconfigured,
    OutcomeUnknown,
    ProviderDown,
    RateLimited,
    RecipientRefused,
)
from core.words import Channel
from tests.support.channels.fakes import CONTENT, no_deposit, sending

Kind = type[DeliveryError]

# What each outcome of the sandbox's rules comes to, with nothing listed.
OUTCOMES: Mapping[str, Kind] = {
    "reject": ContentRefused,
    "invalid_recipient": RecipientRefused,
    "unsubscribed": RecipientRefused,
    "rate_limit": RateLimited,
    "server_error": ProviderDown,
    "drop": OutcomeUnknown,
    "garbage": OutcomeUnknown,
    "expired_token": Misconfigured,
}


@dataclass(frozen=True)
class Carried:
    """One channel through one provider.

    `but` are the outcomes, and the faults, of another class than usual; `http` tells
    whether the provider is called at a `base_url`; `renews` whether one refusal
    of a token or a signature is mended on the spot, `numbers` whether a yes comes
    with a number.
    """

    channel: Channel
    provider: str
    but: Mapping[str, Kind] = field(default_factory=dict)
    http: bool = True
    renews: bool = True
    numbers: bool = True

    def __str__(self) -> str:
        return f"{self.channel}-{self.provider}"

    def kind_of(self, happening: str, usual: Kind) -> Kind:
        """Return the class of error that an outcome or a fault comes to."""
        return self.but.get(happening, usual)

    def sending(self, id: UUID | None = None) -> Sending:
        """Return a delivery of its channel, by the account's usual template."""
        content = CONTENT.model_copy(update={"provider_template": None})
        return sending(self.channel, content, id=id or uuid4())

    def open(
        self, ports: SandboxPorts, tools: Tools, base_url: str | None = None
    ) -> Sender:
        """Return its sender at the sandbox, or at another address."""
        provider = find_provider(self.channel, self.provider)
        assert provider is not None
        account = provider.sandbox(ports)
        if base_url is not None:
            account = account.model_copy(update={"base_url": base_url})
        sender: Sender = provider.open(account, tools)
        return sender


CARRIED = (
    Carried(Channel.SMS, "aliyun"),
    Carried(Channel.SMS, "tencent"),
    Carried(Channel.VOICE, "aliyun"),
    Carried(Channel.VOICE, "tencent"),
    Carried(Channel.WECHAT, "wechat"),
    Carried(Channel.WECHAT_MINI, "wechat_mini"),
    Carried(Channel.WECHAT_MEDICAL, "wechat_medical"),
    Carried(Channel.WECOM, "wecom"),
    Carried(
        Channel.ALIPAY,
        "alipay",
        # Alipay's own "unknown error": it may have been sent.
        but={"server_error": OutcomeUnknown},
        renews=False,
        numbers=False,
    ),
    Carried(
        Channel.EMAIL,
        "smtp",
        # A full or hurried mailbox is a retry like any other 4xx.
        but={"rate_limit": ProviderDown},
        http=False,
        renews=False,
    ),
    Carried(
        Channel.WORKSTATION,
        "workstation",
        # The receiver knows the id: what a gateway passed on may be repeated.
        but={"html with 502": ProviderDown},
    ),
)
OVER_HTTP = tuple(carried for carried in CARRIED if carried.http)


@asynccontextmanager
async def tools() -> AsyncIterator[Tools]:
    """Yield what senders are opened with; nothing is ever deposited."""
    async with open_http() as http:
        yield Tools(http, no_deposit)
