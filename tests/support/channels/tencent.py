"""Scripted answers of Tencent Cloud for the channels' tests."""

from typing import Any

import httpx

from channels.tencent.sms import TencentSmsAccount
from tests.support.channels.fakes import PORTS, reply

ACCOUNT = TencentSmsAccount.sandbox(PORTS)
SERIAL = "5000:1045710669157053657849499619"


def response(**fields: Any) -> httpx.Response:
    """Return an answer with these fields."""
    return reply({"Response": {**fields, "RequestId": "R"}})


def error(code: object, status: int = 200) -> httpx.Response:
    """Return the refusal of a whole call."""
    found = {"Code": code, "Message": "13800138000 张三"}
    return reply({"Response": {"Error": found, "RequestId": "R"}}, status)
