"""WeCom (企业微信): tokens of an app and its messages to members.

Wire format: developer.work.weixin.qq.com path/91039 (token), 90236 (messages);
codes: path/90313.
"""

import json
import re
import secrets
from collections.abc import Callable, Mapping
from datetime import timedelta
from functools import partial

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from core.words import Channel
from sandbox.kit.answers import Json, answering
from sandbox.kit.book import Entry
from sandbox.kit.outcomes import PERSONAL, TAKEN, Outcome
from sandbox.weixin.api import TokenProvider, check_account, error, read_body, refused

AGENT_ID = 1000002
MAX_USERS = 1000
MAX_DEDUPE_SECONDS = 14_400
_DEDUPE_SECONDS = 1800
_SEND = "/cgi-bin/message/send"
_RECALL = "/cgi-bin/message/recall"
_RECALL_WITHIN = timedelta(hours=24)
_USERID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_\-@.]{0,63}")
_MISSING = {
    "title": (41016, "missing title"),
    "description": (41033, "missing description"),
    "url": (41010, "missing url"),
}
# Fields of each message type and the most bytes each may have; all required.
_LIMITS: Mapping[str, Mapping[str, int]] = {
    "text": {"content": 2048},
    "markdown": {"content": 2048},
    "textcard": {"title": 128, "description": 512, "url": 2048},
}

REFUSALS: Mapping[Outcome, Callable[[], Response]] = {
    Outcome.REJECT: partial(error, 40058, "invalid Request Parameter"),
    Outcome.RATE_LIMIT: partial(error, 45009, "api freq out of limit"),
    Outcome.SERVER_ERROR: partial(error, -1, "system busy"),
}


class WeCom(TokenProvider):
    """One app of one corporation at qyapi.weixin.qq.com."""

    channel = Channel.WECOM
    provider = "wecom"
    unknown_token = (40014, "invalid access_token")

    def routes(self) -> list[BaseRoute]:
        """Return the paths of qyapi.weixin.qq.com."""
        return [
            answering("/cgi-bin/gettoken", "GET", self.token),
            answering(_SEND, "POST", self.send),
            answering(_RECALL, "POST", self.recall),
        ]

    async def token(self, request: Request) -> Response:
        """Give the app's token, the same one until near its end."""
        query = request.query_params
        wrong_secret = (40001, "invalid credential")
        check_account(
            query.get("corpid"), query.get("corpsecret"), "corpid", wrong_secret
        )
        token = self.count(self._tokens.fetch())
        return Json(
            {
                "errcode": 0,
                "errmsg": "ok",
                "access_token": token.value,
                "expires_in": self._tokens.seconds_left(token),
            }
        )

    async def send(self, request: Request) -> Response:
        """Take a message to one member or several."""
        token = self.check_token(request)
        body = await read_body(request)
        _check_agent(body)
        users = _users(body)
        _check_message(body)
        outcomes = await self.desk.decide_all(self.channel, self.provider, users)
        told = _told(outcomes)
        refusals: dict[Outcome, Callable[[], Response]] = {
            **REFUSALS,
            Outcome.INVALID_RECIPIENT: partial(_nobody, 81013, outcomes),
            Outcome.UNSUBSCRIBED: partial(_nobody, 60111, outcomes),
            Outcome.EXPIRED_TOKEN: partial(self.expired, token),
        }
        return self.desk.answer(told, refusals, lambda: self._take(body, outcomes))

    async def recall(self, request: Request) -> Response:
        """Take a message back that was sent within 24 hours (path 94947)."""
        self.check_token(request)
        body = await read_body(request)
        since = self.desk.now() - _RECALL_WITHIN
        sent = [
            entry
            for entry in self.desk.book.entries(self.channel)
            if entry.provider_message_id == body.get("msgid") and entry.at >= since
        ]
        if not sent:
            raise refused(40058, "invalid Request Parameter: msgid")
        for entry in sent:
            entry.recalled = True
        return Json({"errcode": 0, "errmsg": "ok"})

    def _take(
        self, body: dict[str, object], outcomes: Mapping[str, Outcome]
    ) -> Response:
        """List the message for each member it reaches; tell who is lost."""
        msgid = secrets.token_urlsafe(48)
        reached = [
            self._enter(body, user, outcome, msgid)
            for user, outcome in outcomes.items()
            if outcome not in PERSONAL and _USERID.fullmatch(user)
        ]
        answer = {"errcode": 0, "errmsg": "ok", "msgid": reached[0].provider_message_id}
        if lost := _lost(outcomes):
            answer["invaliduser"] = lost
        return Json(answer)

    def _enter(
        self, body: dict[str, object], user: str, outcome: Outcome, msgid: str
    ) -> Entry:
        entry = Entry(
            channel=self.channel,
            provider=self.provider,
            recipient=user,
            at=self.desk.now(),
            provider_message_id=msgid,
            outcome=outcome,
            request={"path": _SEND, "body": body},
        )
        if body.get("enable_duplicate_check") != 1:
            return self.desk.book.enter(entry)
        # The whole request is the key: one other character makes it another.
        key = json.dumps(body, sort_keys=True)
        seconds = body.get("duplicate_check_interval") or _DEDUPE_SECONDS
        assert isinstance(seconds, int)
        return self.desk.book.enter_once(entry, key, timedelta(seconds=seconds))


def _told(outcomes: Mapping[str, Outcome]) -> Outcome:
    """Return the outcome of the whole call: members who can't be are left out."""
    able = [
        o for u, o in outcomes.items() if o not in PERSONAL and _USERID.fullmatch(u)
    ]
    if not able:
        return next(
            (o for o in outcomes.values() if o in PERSONAL), Outcome.INVALID_RECIPIENT
        )
    held = [o for o in able if o not in TAKEN or o is Outcome.TIMEOUT]
    return min(held or able, key=lambda o: o in TAKEN)


def _lost(outcomes: Mapping[str, Outcome]) -> str:
    """Return the members left out; WeCom answers them in lower case."""
    return "|".join(
        user.lower()
        for user, outcome in outcomes.items()
        if outcome in PERSONAL or not _USERID.fullmatch(user)
    )


def _nobody(errcode: int, outcomes: Mapping[str, Outcome]) -> Response:
    errmsg = {81013: "user & party & tag all invalid", 60111: "userid not found"}
    return error(errcode, errmsg[errcode], invaliduser=_lost(outcomes))


def _check_agent(body: Mapping[str, object]) -> None:
    agent = body.get("agentid")
    if agent is None:
        raise refused(41011, "missing agentid")
    # wechatpy and others send it as digits, which WeCom takes.
    if isinstance(agent, bool) or str(agent) != str(AGENT_ID):
        raise refused(40056, "invalid agentid")


def _users(body: Mapping[str, object]) -> list[str]:
    """Return the members a message is for."""
    users = body.get("touser")
    if not isinstance(users, str | None):
        raise refused(40031, "invalid UserID list")
    found = [user.strip() for user in (users or "").split("|") if user.strip()]
    if not found:
        raise refused(82001, "All touser, toparty, totag are empty")
    if len(found) > MAX_USERS:
        raise refused(40032, "invalid UserID list length")
    return list(dict.fromkeys(found))


def _check_message(body: Mapping[str, object]) -> None:
    """Refuse a message with a field missing, too long or of another type."""
    kind = body.get("msgtype")
    limits = _LIMITS.get(kind) if isinstance(kind, str) else None
    if limits is None:
        raise refused(40008, "invalid message type")
    content = body.get(str(kind))
    if not isinstance(content, dict):
        raise refused(44004, "empty content")
    for name, limit in limits.items():
        value = content.get(name)
        if not isinstance(value, str) or not value.strip():
            raise refused(*_MISSING.get(name, (44004, "empty content")))
        if len(value.encode("utf-8", "replace")) > limit:
            raise refused(45002, f"content size out of limit: {name}")
    if kind == "textcard":
        _check_card(content)
    _check_dedupe(body)


def _check_card(card: Mapping[str, object]) -> None:
    url, button = card["url"], card.get("btntxt", "")
    if not re.match(r"https?://[^/\s]+", str(url)):
        raise refused(40058, "invalid Request Parameter: url")
    if not isinstance(button, str) or len(button) > 4:
        raise refused(40058, "invalid Request Parameter: btntxt")


def _check_dedupe(body: Mapping[str, object]) -> None:
    interval = body.get("duplicate_check_interval", 0)
    if not isinstance(interval, int) or not 0 <= interval <= MAX_DEDUPE_SECONDS:
        raise refused(40058, "invalid Request Parameter: duplicate_check_interval")
