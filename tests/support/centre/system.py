"""A client system and an administrator of a running centre, over HTTP alone."""

import itertools
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx

from tests.support.centre.running import PASSWORD, Centre
from tests.support.waiting import eventually

Document = dict[str, Any]
FINAL = frozenset({"delivered", "failed", "cancelled", "expired"})
_LIMITS = httpx.Limits(max_connections=50)
_numbers = itertools.count(1)


@dataclass(frozen=True)
class Person:
    """Somebody whom no other test writes to; addresses as providers get them."""

    mobile: str
    openid: str
    userid: str
    email: str
    workstation: str
    empi: str
    mini: str
    alipay: str

    @property
    def identities(self) -> dict[str, str]:
        """Every address, as a client system gives it."""
        return {
            "mobile": self.mobile,
            "wechat_openid": self.openid,
            "wechat_mini_openid": self.mini,
            "alipay_user_id": self.alipay,
            "wecom_userid": self.userid,
            "email": self.email,
            "workstation_id": self.workstation,
            "empi_id": self.empi,
        }

    def at(self, channel: str) -> str:
        """Return the address by which a provider knows this person."""
        return {
            "sms": self.mobile,
            "voice": self.mobile,
            "wechat": self.openid,
            "wechat_mini": self.mini,
            "wechat_medical": self.openid,
            "alipay": self.alipay,
            "wecom": self.userid,
            "email": self.email,
            "workstation": self.workstation,
        }[channel]


def somebody() -> Person:
    """Return a person that no other test has."""
    number = next(_numbers)
    return Person(
        mobile=f"139{number:08d}",
        openid=f"o-e2e-{number:06d}",
        userid=f"staff{number:06d}",
        email=f"staff{number:06d}@hospital.example",
        workstation=f"WS-{number:06d}",
        empi=f"E2E{number:06d}",
        mini=f"m-e2e-{number:06d}",
        alipay=f"2088{number:012d}",
    )


@dataclass(frozen=True)
class Office:
    """A person of the hospital, signed in."""

    http: httpx.AsyncClient

    async def ask(self, method: str, path: str, body: object = None) -> Document:
        """Do something; return the answer."""
        answer = await self.http.request(method, f"/v1{path}", json=body)
        assert answer.is_success, f"{method} {path}: {answer.text}"
        found: Document = answer.json()
        return found


@dataclass(frozen=True)
class System:
    """A client system with its token."""

    code: str
    http: httpx.AsyncClient

    async def post(self, body: Document, key: str | None = None) -> httpx.Response:
        """Submit a message; return the answer, whatever it is."""
        headers = {"Idempotency-Key": key} if key else {}
        return await self.http.post("/v1/messages", json=body, headers=headers)

    async def send(self, body: Document, key: str | None = None) -> str:
        """Submit a message that is taken; return its id."""
        answer = await self.post(body, key)
        assert answer.status_code == 202, answer.text
        accepted: Document = answer.json()
        assert accepted["status"] == "accepted"
        return str(accepted["id"])

    async def status(self, message_id: str) -> Document:
        """Return the status document."""
        answer = await self.http.get(f"/v1/messages/{message_id}")
        assert answer.status_code == 200, answer.text
        found: Document = answer.json()
        return found

    async def reaches(
        self,
        message_id: str,
        wanted: Collection[str],
        *,
        run: int = 1,
        within: float = 30,
    ) -> Document:
        """Return the document once its status is one of these."""
        return await eventually(
            lambda: self.status(message_id),
            lambda doc: doc["status"] in wanted and doc["run"] >= run,
            within=within,
        )

    async def ended(
        self, message_id: str, *, run: int = 1, within: float = 30
    ) -> Document:
        """Return the document once the message has an end."""
        return await self.reaches(message_id, FINAL, run=run, within=within)

    async def listed(self, **query: str) -> list[Document]:
        """Return one page of the system's own messages."""
        answer = await self.http.get("/v1/messages", params=query)
        assert answer.status_code == 200, answer.text
        items: list[Document] = answer.json()["items"]
        return items

    async def listed_as(
        self, count: int, *, within: float = 30, **query: str
    ) -> list[Document]:
        """Return so many of the system's own messages, once the list has them.

        Unlike a look at the message itself this asks no workflow: a query that
        finds one busy adds events to its history.
        """
        return await eventually(
            lambda: self.listed(limit="200", **query),
            lambda found: len(found) >= count,
            within=within,
        )


def delivery(doc: Document, channel: str) -> Document:
    """Return one delivery of a status document."""
    return next(d for d in doc["deliveries"] if d["channel"] == channel)


def outcomes(doc: Document) -> dict[str, tuple[str, str | None]]:
    """Return each channel's outcome and reason."""
    return {d["channel"]: (d["outcome"], d["reason"]) for d in doc["deliveries"]}


@asynccontextmanager
async def signed_in(
    centre: Centre, username: str = "admin", password: str = PASSWORD
) -> AsyncIterator[Office]:
    """Sign a person in."""
    async with centre.http() as http:
        body = {"username": username, "password": password}
        answer = await http.post("/v1/session", json=body)
        assert answer.status_code == 200, answer.text
        http.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
        yield Office(http)


@asynccontextmanager
async def joined(centre: Centre, code: str, **draft: object) -> AsyncIterator[System]:
    """Register a client system by the admin API and sign it in."""
    async with signed_in(centre) as admin:
        body = {"code": code, "name": code, **draft}
        made = await admin.ask("POST", "/admin/clients", body)
    async with httpx.AsyncClient(
        base_url=centre.url, timeout=30, limits=_LIMITS
    ) as http:
        form = {
            "grant_type": "client_credentials",
            "client_id": made["appkey"],
            "client_secret": made["appsecret"],
        }
        answer = await http.post("/v1/token", data=form)
        assert answer.status_code == 200, answer.text
        http.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
        yield System(code, http)
