"""Starts a whole centre and keeps it running until a signal ends it."""

import asyncio
import contextlib
import signal
from collections.abc import Awaitable, Callable
from pathlib import Path

import httpx

from centre.keys.keys import check_keys
from core.base import evolve
from core.settings import Settings
from deploy import temporal_server
from deploy.configured import doubt_of_accounts
from deploy.files import file_lock, make_private_folder
from deploy.prepare import Prepared, prepare, prepare_temporal
from deploy.supervision import ports, processes
from deploy.supervision.log_files import LogFiles
from deploy.supervision.supervisor import Supervisor

Say = Callable[[str], None]
Show = Callable[[Settings, asyncio.Event], Awaitable[None]]

_READY_SECONDS = 120.0
_POLL_SECONDS = 0.2


async def up(settings: Settings, say: Say, show: Show | None = None) -> None:
    """Run a centre until SIGINT or SIGTERM, or raise CannotStart.

    `show` is done once the centre is ready, and may itself say "stop".
    """
    settings = evolve(settings, state_dir=settings.state_dir.resolve())
    await asyncio.to_thread(check_keys, settings.database, settings.keys_file)
    make_private_folder(settings.state_dir)
    with file_lock(settings.state_dir):
        ports.require_free(list(ports.needed(settings)))
        await _until_told_to_stop(settings, say, show)


async def _until_told_to_stop(settings: Settings, say: Say, show: Show | None) -> None:
    stopping = _signalled()
    supervisor = Supervisor(settings.state_dir, say, logs=_logs(settings))

    async def start_and_show() -> None:
        await serve(settings, supervisor, say)
        if show:
            await show(settings, stopping)

    serving = asyncio.create_task(start_and_show())
    print_summary = asyncio.create_task(stopping.wait())
    try:
        await asyncio.wait(
            {serving, print_summary}, return_when=asyncio.FIRST_COMPLETED
        )
        if serving.done():
            serving.result()  # raises what kept the centre from starting
            await print_summary
        say("Stopping …")
    finally:
        serving.cancel()
        await asyncio.wait({serving})
        await supervisor.stop()


def _logs(settings: Settings) -> LogFiles:
    largest = int(settings.log_megabytes * 1_000_000)
    return LogFiles(settings.state_dir / "logs", largest, settings.log_files)


def _signalled() -> asyncio.Event:
    """Return an event that Ctrl-C, SIGTERM or a closed terminal sets."""
    event = asyncio.Event()
    numbers = [signal.SIGINT, signal.SIGTERM]
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # as under nohup
        numbers.append(signal.SIGHUP)
    for number in numbers:
        asyncio.get_running_loop().add_signal_handler(number, event.set)
    return event


async def serve(settings: Settings, supervisor: Supervisor, say: Say) -> None:
    """Prepare and start everything; returns when the centre is ready."""
    if doubt := doubt_of_accounts(settings):
        say(f"Warning · 警告: {doubt}.")
    cli = await _temporal_cli(settings)
    say("Preparing the store …")
    print_summary(await prepare(settings), settings, say)
    if cli is None:
        await prepare_temporal(settings, processes.TEMPORAL_LIMIT)
    for process in processes.centre(settings, cli):
        await supervisor.start(process)
    await _wait_until_ready(settings, say)


async def _temporal_cli(settings: Settings) -> Path | None:
    if settings.temporal_address:
        return None
    return await temporal_server.find_cli()


def print_summary(prepared: Prepared, settings: Settings, say: Say) -> None:
    """Say what preparation made; a generated password is said this once."""
    if prepared.clients:
        file = settings.state_dir / "clients.json"
        say(f"{prepared.clients} client systems created; their keys: {file}")
    if prepared.new_password:
        say(f"First administrator: admin, password: {prepared.new_password}")


async def _wait_until_ready(settings: Settings, say: Say) -> None:
    """Wait for /health/ready; after too long, say so and go on keeping things up."""
    try:
        async with asyncio.timeout(_READY_SECONDS):
            await until_ready(api_url(settings))
    except TimeoutError:
        where = f"{api_url(settings)}/health/ready and {settings.state_dir}/logs"
        say(f"Not ready after {_READY_SECONDS:.0f} s; see {where}")
    else:
        say(addresses(settings))


async def until_ready(url: str) -> None:
    """Return once the centre at this address says that all its parts work."""
    async with httpx.AsyncClient(base_url=url) as http:
        while True:
            with contextlib.suppress(httpx.HTTPError):
                if (await http.get("/health/ready")).is_success:
                    return
            await asyncio.sleep(_POLL_SECONDS)


def api_url(settings: Settings) -> str:
    """Return where this machine reaches the API."""
    host = "127.0.0.1" if settings.host in ("0.0.0.0", "::") else settings.host
    return f"http://{host}:{settings.api_port}"


def console_url(settings: Settings) -> str:
    """Return where this machine reaches the console."""
    if not settings.console_port:
        return f"{api_url(settings)}/console/"
    return f"{api_url(settings).rpartition(':')[0]}:{settings.console_port}/console/"


def addresses(settings: Settings) -> str:
    """Return the lines that say where everything is."""
    lines = [
        "Ready · 已就绪",
        f"  Console · 管理平台        {console_url(settings)}",
        f"  API document · 接口文档   {api_url(settings)}/docs",
        f"  Sandbox · 渠道沙箱        http://127.0.0.1:{settings.sandbox_port}/_sandbox/messages",
    ]
    if settings.temporal_address is None or settings.temporal_ui_url:
        ui = f"{console_url(settings)}temporal/"
        lines.append(f"  Temporal UI · 流程历史    {ui}")
    lines.append(f"  State and logs · 数据日志 {settings.state_dir}")
    return "\n".join(lines)
