"""The command line: starts the centre's processes, and uses a running centre."""

import asyncio
import os
import sys
from collections.abc import Callable, Coroutine
from contextlib import AbstractAsyncContextManager, suppress
from io import TextIOWrapper
from typing import Annotated, Any
from uuid import UUID

import typer
from rich.console import Console

from core.errors import Unavailable
from core.process.faults import CannotStart
from core.settings import Settings
from deploy import credentials
from deploy.administrator import as_administrator as person
from deploy.audit_log import verify_log
from deploy.configured import check_accounts, read_settings, settings_or_exit
from deploy.doctor import examine
from deploy.prepare import prepare, prepare_temporal
from deploy.remote import (
    Document,
    Refused,
    Remote,
    as_client,
    message,
    outcome_of,
    pairs,
    try_channel,
)
from deploy.status_table import deliveries
from deploy.supervision import processes
from deploy.token_key import another_token
from deploy.up import api_url, print_summary
from deploy.up import up as run_centre

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Hospital Message Centre · 医院消息中心",
)
client_app = typer.Typer(no_args_is_help=True, help="Client systems · 接入系统")
app.add_typer(client_app, name="client")
audit_app = typer.Typer(no_args_is_help=True, help="The audit log · 审计日志")
app.add_typer(audit_app, name="audit")

channel_app = typer.Typer(no_args_is_help=True, help="Channels · 渠道")
app.add_typer(channel_app, name="channel")

PASS_ON = {"allow_extra_args": True, "ignore_unknown_options": True}


def say(text: str) -> None:
    """Print a line for a person, who may have left: the centre goes on."""
    with suppress(OSError):
        sys.stdout.write(f"{text}\n")
        sys.stdout.flush()


def run(work: Callable[[Settings], Coroutine[Any, Any, None]]) -> None:
    """Run a command; what keeps it from its work becomes a line and a status."""
    os.umask(0o077)  # the state folder's files are their owner's only

    async def whole() -> None:
        await work(read_settings())
        # The SDK's threads may abort an interpreter that ends at once.
        await asyncio.sleep(0.25)

    try:
        asyncio.run(whole())
    except (CannotStart, Refused, Unavailable) as error:
        Console(stderr=True, soft_wrap=True).print(str(error), markup=False)
        raise typer.Exit(2 if isinstance(error, CannotStart) else 1) from None


@app.command()
def up() -> None:
    """Start everything in the foreground · 启动全部"""

    async def work(settings: Settings) -> None:
        check_accounts(settings.accounts_file)
        await run_centre(settings, say)

    run(work)


def become(command: tuple[str, ...], arguments: list[str]) -> None:
    """Turn this process into another of the centre's."""
    sys.stdout.flush()
    os.execv(command[0], [*command, *arguments])


@app.command(context_settings=PASS_ON)
def api(context: typer.Context) -> None:
    """Run one API process · 运行接口进程"""
    become(processes.API, context.args)


@app.command(context_settings=PASS_ON)
def worker(context: typer.Context) -> None:
    """Run one worker process (--client CODE …, --part 2/3) · 运行工作进程"""
    become(processes.WORKER, context.args)


@app.command(context_settings=PASS_ON)
def console(context: typer.Context) -> None:
    """Run the console on a port of its own · 单独运行管理平台"""
    become(processes.CONSOLE, context.args)


@app.command()
def sandbox() -> None:
    """Run the provider sandbox · 运行渠道沙箱"""
    become(processes.sandbox(settings_or_exit(read_settings)), [])


@app.command()
def migrate() -> None:
    """Prepare store, dictionaries and a Temporal of your own · 初始化或升级"""

    async def work(settings: Settings) -> None:
        print_summary(await prepare(settings), settings, say)
        if settings.temporal_address:
            await prepare_temporal(settings, processes.TEMPORAL_LIMIT)
        say("The store is at the newest version.")

    run(work)


# A secret on the command line shows in `ps`; the variables do not.
Key = Annotated[str | None, typer.Option(envvar="HMC_CLIENT_APPKEY")]
Secret = Annotated[str | None, typer.Option(envvar="HMC_CLIENT_SECRET")]


@client_app.command("add")
def client_add(
    code: str,
    name: Annotated[str, typer.Option(help="The system's name · 系统名称")],
    keep: Annotated[bool, typer.Option(help="Keep the key for `hmc send`")] = True,
) -> None:
    """Let a client system join; shows its secret once · 新增接入系统"""

    async def work(settings: Settings) -> None:
        async with person(settings) as remote:
            new = await remote.post("/v1/admin/clients", {"code": code, "name": name})
        pair = {key: str(new[key]) for key in ("appkey", "appsecret")}
        for key, value in pair.items():
            say(f"{key:10} {value}")
        if keep:
            credentials.keep(settings.state_dir, {code: dict(pair)})
            say(f"Kept in {credentials.clients_file(settings.state_dir)}")

    run(work)


@app.command()
def send(
    client: Annotated[str, typer.Option(help="The client's code · 接入系统")],
    type_: Annotated[str, typer.Option("--type", help="Message type · 消息类型")],
    to: Annotated[list[str], typer.Option(help="mobile=138… · 接收人标识")],
    param: Annotated[list[str] | None, typer.Option(help="name=value · 参数")] = None,
    name: Annotated[str | None, typer.Option(help="The recipient · 姓名")] = None,
    channel: Annotated[list[str] | None, typer.Option(help="Only these · 渠道")] = None,
    reference: Annotated[str | None, typer.Option(help="Your number")] = None,
    key: Annotated[str | None, typer.Option(help="Idempotency-Key")] = None,
    wait: Annotated[bool, typer.Option(help="Wait for the end · 等待结果")] = False,
    appkey: Key = None,
    secret: Secret = None,
) -> None:
    """Send a message · 发送消息"""
    body = message(type_, pairs(to), pairs(param or []), name, channel, reference)
    headers = {"Idempotency-Key": key} if key else None

    async def work(settings: Settings) -> None:
        keys = appkey, secret
        async with system(settings, client, keys) as remote:
            accepted = await remote.post("/v1/messages", body, headers)
            say(f"{accepted['id']} {accepted['status']}")
            if wait:
                show(await outcome_of(remote, str(accepted["id"])))

    run(work)


def message_id_of(text: str) -> str:
    """Return a message id as it is; BadParameter for what is none."""
    try:
        return str(UUID(text))
    except ValueError:
        raise typer.BadParameter(
            "this is not a message id; `hmc send` prints it first"
        ) from None


MessageId = Annotated[str, typer.Argument(parser=message_id_of, metavar="MESSAGE_ID")]


@app.command()
def status(message_id: MessageId) -> None:
    """Show where a message stands · 查询消息状态"""

    async def work(settings: Settings) -> None:
        async with person(settings) as remote:
            show(await remote.get(f"/v1/messages/{message_id}"))

    run(work)


@app.command()
def resend(
    message_id: MessageId,
    reason: Annotated[str, typer.Option(help="Why · 原因")],
    channel: Annotated[list[str] | None, typer.Option(help="Only these · 渠道")] = None,
) -> None:
    """Send a failed message again · 重发失败消息"""
    body: Document = {"reason": reason} | ({"channels": channel} if channel else {})

    async def work(settings: Settings) -> None:
        async with person(settings) as remote:
            await remote.post(f"/v1/messages/{message_id}/resend", body)
            say(f"{message_id} is being sent again.")

    run(work)


@channel_app.command("test")
def channel_test(
    channel: str,
    recipient: Annotated[str, typer.Argument(help="Value, or type=value · 接收人")],
    account: Annotated[str | None, typer.Option(help="Its code · 账号")] = None,
) -> None:
    """Send one test by the real provider, and say its answer · 发送测试"""

    async def work(settings: Settings) -> None:
        async with person(settings) as remote:
            say(await try_channel(remote, channel, recipient, account))

    run(work)


@app.command()
def doctor() -> None:
    """Look at every part and say what to do · 检查各部分"""

    async def work(settings: Settings) -> None:
        ill = 0
        async for finding in examine(settings):
            ill += not finding.well
            say(f"{finding.mark:4} {finding.part:9} {finding.text}")
        if ill:
            need = "part needs" if ill == 1 else "parts need"
            raise Refused(f"{ill} {need} attention.")

    run(work)


@app.command()
def renew_token() -> None:
    """Make another token key: ends every session, token and link · 更换签名密钥"""
    run(lambda settings: another_token(settings, say))


@audit_app.command()
def verify(
    rows: Annotated[int | None, typer.Option(help="As noted · 曾记下的行数")] = None,
    head: Annotated[str | None, typer.Option(help="Its hash · 曾记下的校验值")] = None,
) -> None:
    """Prove that no row was changed or removed · 校验审计日志"""

    async def work(settings: Settings) -> None:
        say(await verify_log(settings, rows, head))

    run(work)


def system(
    settings: Settings, code: str, given: tuple[str | None, str | None]
) -> AbstractAsyncContextManager[Remote]:
    """Sign in as a client system, with the keys given or those kept."""
    appkey, secret = given
    if not (appkey and secret):
        appkey, secret = credentials.client_key(settings.state_dir, code)
    return as_client(api_url(settings), appkey, secret)


def show(found: Document) -> None:
    """Print a status document."""
    say(f"{found['id']} {found['type']}: {found['status']}")
    Console().print(deliveries(found))


if __name__ == "__main__":
    # A terminal without Chinese shows question marks instead of an error.
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")
    app(prog_name="hmc")
