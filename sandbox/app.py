"""Puts the providers' doubles together into one application."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from fastapi import FastAPI
from starlette.types import Receive, Scope, Send

from sandbox.alipay.api import Alipay
from sandbox.carrier.cmpp import Cmpp
from sandbox.carrier.smpp import Smpp
from sandbox.clouds import Clouds
from sandbox.email.server import Mail
from sandbox.hospital.workstation import Workstation
from sandbox.kit.answers import HANG_UP, hang_up_of
from sandbox.kit.context import Desk, Options, Provider
from sandbox.kit.control import control
from sandbox.kit.problems import install
from sandbox.replies import replies
from sandbox.weixin.medical import WeChatMedical
from sandbox.weixin.mini_program import WeChatMini
from sandbox.weixin.people import person_events
from sandbox.weixin.service_account import WeChat
from sandbox.weixin.wecom import WeCom


class Sandbox(FastAPI):
    """The application; its providers may close a connection without an answer."""

    desk: Desk
    mail: Mail
    cmpp: Cmpp
    smpp: Smpp

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a call, with the way to hang up at hand."""
        scope[HANG_UP] = hang_up_of(send)
        await super().__call__(scope, receive, send)


def create_sandbox(options: Options | None = None) -> Sandbox:
    """Return a sandbox; its mail server listens while the lifespan lasts."""
    desk = Desk(options or Options())
    mail, wechat = Mail(desk), WeChat(desk)
    cmpp, smpp = Cmpp(desk, desk.options.cmpp_port), Smpp(desk, desk.options.smpp_port)
    providers: list[Provider] = [
        Clouds(desk),
        wechat,
        WeChatMini(desk, wechat),
        WeChatMedical(desk, wechat),
        Alipay(desk),
        WeCom(desk),
        Workstation(desk),
        mail,
        cmpp,
        smpp,
    ]

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            stack.push_async_callback(desk.receipts.aclose)
            for provider in providers:
                await stack.enter_async_context(provider.running())
            yield

    app = Sandbox(
        title="Provider sandbox",
        routes=[route for provider in providers for route in provider.routes()],
        lifespan=lifespan,
    )
    app.desk, app.mail, app.cmpp, app.smpp = desk, mail, cmpp, smpp
    app.include_router(control(desk))
    app.include_router(person_events(desk))
    app.include_router(replies(desk, cmpp, smpp))
    install(app)
    return app
