"""What WeChat and WeCom share: HTTP 200 always, an errcode, access tokens."""

import secrets
from collections.abc import Callable, Collection, Mapping
from functools import partial

from starlette.requests import Request
from starlette.responses import Response

from core.sandbox_keys import KEY, SECRET
from core.words import Channel
from sandbox.kit.answers import Json, Refusal, body_of, json_object
from sandbox.kit.book import Entry
from sandbox.kit.context import Desk, Provider
from sandbox.kit.outcomes import Outcome
from sandbox.weixin.tokens import ForcedTooOften, Token, Tokens, TokenState

Body = dict[str, object]
# Whom a message is for, and what is said where its content shall be refused.
Checked = tuple[str, Callable[[], Response]]


def error(errcode: int, errmsg: str, **more: object) -> Response:
    """Return a refusal; the status is 200 all the same."""
    hint = f"{secrets.token_hex(4)}-{secrets.token_hex(4)}"
    return Json({"errcode": errcode, "errmsg": f"{errmsg} rid: {hint}", **more})


def refused(errcode: int, errmsg: str) -> Refusal:
    """Return the same, to be raised."""
    return Refusal(error(errcode, errmsg))


async def read_body(request: Request) -> Body:
    """Return the JSON object of a call, or refuse it."""
    body = json_object(await body_of(request))
    if body is None:
        raise refused(47001, "data format error")
    return body


class TokenProvider(Provider):
    """A provider whose calls carry an access token in the query."""

    channel: Channel
    provider: str
    # What it says of a token it does not know.
    unknown_token: tuple[int, str]

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        desk.fetches[self.channel] = 0
        self._tokens = Tokens(desk.options.token_life, desk.now)

    async def taking(
        self,
        request: Request,
        checked: Callable[[Body], Checked],
        refusals: Mapping[Outcome, Callable[[], Response]],
        take: Callable[[str, Body, Outcome], Response],
    ) -> Response:
        """Take one call to send, or refuse it as the rules say.

        `checked` raises what is wrong with the body itself.
        """
        token = self.check_token(request)
        body = await read_body(request)
        recipient, rejected = checked(body)
        outcome = await self.desk.decide(self.channel, self.provider, recipient)
        every: dict[Outcome, Callable[[], Response]] = {
            **refusals,
            Outcome.REJECT: rejected,
            Outcome.EXPIRED_TOKEN: partial(self.expired, token),
        }
        return self.desk.answer(outcome, every, lambda: take(recipient, body, outcome))

    def entry(
        self, openid: str, call: tuple[str, Body], outcome: Outcome, number: str
    ) -> Entry:
        """Return what the book says of one call: its path, its body, its number."""
        path, body = call
        return Entry(
            channel=self.channel,
            provider=self.provider,
            recipient=openid,
            at=self.desk.now(),
            provider_message_id=number,
            outcome=outcome,
            request={"path": path, "body": body},
        )

    def issuers(self) -> list[Tokens]:
        """Return every kind of token that opens this provider's door."""
        return [self._tokens]

    def check_token(self, request: Request) -> str:
        """Return the caller's token, or refuse the call."""
        token = request.query_params.get("access_token", "")
        if not token:
            raise refused(41001, "access_token missing")
        standings = {issuer.standing(token) for issuer in self.issuers()}
        if TokenState.VALID in standings:
            return token
        if TokenState.EXPIRED in standings:
            raise refused(42001, "access_token expired")
        raise refused(*self.unknown_token)

    def expired(self, token: str) -> Response:
        """Say that a token has died; the next fetch gives another one."""
        for issuer in self.issuers():
            issuer.retire(token)
        return error(42001, "access_token expired")

    def stable(self, *, forced: bool) -> Response:
        """Answer with the token in force, a new one only near its end or forced."""
        try:
            token = self._tokens.force() if forced else self._tokens.fetch()
        except ForcedTooOften:
            raise refused(45009, "reach max api daily quota limit") from None
        return self.issued(self._tokens, token)

    def issued(self, issuer: Tokens, token: Token) -> Response:
        """Answer with a token, which is counted."""
        value = self.count(token).value
        return Json({"access_token": value, "expires_in": issuer.seconds_left(token)})

    def count(self, token: Token) -> Token:
        """Count one fetch."""
        self.desk.fetches[self.channel] += 1
        return token


def check_account(
    name: object,
    secret: object,
    what: str,
    wrong_secret: tuple[int, str],
    known: Collection[str] = (KEY,),
) -> None:
    """Refuse a token to anybody but this account."""
    if not name:
        raise refused(41002, f"{what} missing")
    if not secret:
        raise refused(41004, f"{'app' if what == 'appid' else 'corp'}secret missing")
    if name not in known:
        raise refused(40013, f"invalid {what}")
    if secret != SECRET:
        raise refused(*wrong_secret)
