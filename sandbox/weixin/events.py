"""What WeChat pushes by itself: people who come, leave, allow or refuse messages.

XML by POST, signed in the query. Events: the service account's page "Receiving
event pushes", the mini program's page on subscription messages.
"""

import hashlib
import secrets
from xml.sax.saxutils import escape

import httpx

from sandbox.kit.context import Desk
from sandbox.kit.receipts import Push

# "如果微信服务器在五秒内收不到响应会断掉连接，并且重新发起请求，总共重试三次"
_RETRIES = (5 / 60, 5 / 60, 5 / 60)


def event_push(desk: Desk, openid: str, event: str, inside: str) -> Push:
    """Return an event's push, signed as WeChat signs it."""
    now = int(desk.now().timestamp())
    xml = (
        "<xml><ToUserName><![CDATA[gh_sandbox]]></ToUserName>"
        f"<FromUserName>{cdata(openid)}</FromUserName>"
        f"<CreateTime>{now}</CreateTime>"
        "<MsgType><![CDATA[event]]></MsgType>"
        f"<Event>{cdata(event)}</Event>{inside}</xml>"
    )
    params = signed(desk.options.receipts_secret, str(now))
    params["openid"] = openid
    return Push(xml.encode(), "text/xml", _taken, _RETRIES, params)


def cdata(text: str) -> str:
    """Return a text as WeChat writes it."""
    return f"<![CDATA[{escape(text)}]]>"


def signed(token: str, timestamp: str) -> dict[str, str]:
    """Return the query that proves a call comes from WeChat."""
    nonce = str(secrets.randbelow(10**9))
    proof = signature(token, timestamp, nonce)
    return {"signature": proof, "timestamp": timestamp, "nonce": nonce}


def signature(*parts: str) -> str:
    """Return the signature of some parts, in any order."""
    # The vendor's scheme is SHA-1; nothing here rests on its strength.
    text = "".join(sorted(parts))
    return hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()


def _taken(answer: httpx.Response) -> bool:
    return answer.status_code == 200 and answer.content in (b"", b"success")
