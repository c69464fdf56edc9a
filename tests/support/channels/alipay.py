"""A gateway of Alipay's that answers by script and signs as Alipay does."""

import json
from typing import Any

import httpx
import pytest

from channels.alipay.api import AlipayAccount, Interface
from channels.alipay.sender import METHODS, AlipaySender
from channels.base import Acceptance
from core.errors import DeliveryError
from core.rsa2 import private_key, public_text, sign
from core.sandbox_keys import ALIPAY_KEY, APP_KEY
from core.words import Channel
from tests.support.channels.fakes import (
    Clock,
    Provider,
    answering,
    assert_private,
    sending,
)

OURS, THEIRS = private_key(APP_KEY), private_key(ALIPAY_KEY)
ACCOUNT = AlipayAccount.model_validate(
    {
        "base_url": "http://provider.example",
        "app_id": "sandbox",
        "app_private_key": APP_KEY,
        "alipay_public_key": public_text(THEIRS),
        "page": "pages/message?from=centre",
    }
)


def signed(
    data: dict[str, Any], interface: Interface = "mini_template", node: str = ""
) -> httpx.Response:
    """Return an answer signed over its node's text, blanks and escapes included."""
    node = node or METHODS[interface].replace(".", "_") + "_response"
    text = json.dumps(data, indent=1)
    body = f'{{ "{node}" : {text} ,\n"sign":"{sign(THEIRS, text)}"}}'
    return httpx.Response(200, text=body)


def no(code: str, sub_code: str = "") -> httpx.Response:
    """Return a refusal."""
    data = {"code": code, "msg": "no", "sub_msg": "13800138000 张三"}
    return signed({**data, **({"sub_code": sub_code} if sub_code else {})})


async def send(
    answer: httpx.Response | Exception, interface: Interface = "mini_template"
) -> tuple[Acceptance, httpx.Request]:
    provider = Provider([answer])
    account = ACCOUNT.model_copy(update={"interface": interface})
    async with answering(provider) as http:
        sender = AlipaySender(account, http, Clock())
        taken = await sender.send(sending(Channel.ALIPAY))
    return taken, provider.requests[0]


async def refused(answer: httpx.Response | Exception) -> DeliveryError:
    with pytest.raises(DeliveryError) as raised:
        await send(answer)
    assert_private(raised.value)
    return raised.value
