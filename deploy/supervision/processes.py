"""The processes of a centre, as data: the supervisor starts what stands here."""

import json
import sys
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from core.settings import Settings
from deploy import temporal_server
from deploy.namespace import keep_closed_workflows, wait_for_temporal

ROOT = Path(__file__).parent.parent.parent
# The dev server serves after a tenth of a second; on a busy disk much later.
TEMPORAL_LIMIT = timedelta(seconds=60)


@dataclass(frozen=True)
class Process:
    """How one process is started; `ready` ends when those after it may start."""

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)
    ready: Callable[[], Awaitable[None]] | None = None


API = (sys.executable, "web.py")
CONSOLE = (*API, "--console")
WORKER = (sys.executable, "worker.py")


def sandbox(settings: Settings) -> tuple[str, ...]:
    """Return the command line of the provider sandbox."""
    ports = {
        "--port": settings.sandbox_port,
        "--smtp-port": settings.smtp_port,
        "--cmpp-port": settings.cmpp_port,
        "--smpp-port": settings.smpp_port,
    }
    given = [f"{name}={port}" for name, port in ports.items()]
    if settings.sandbox_receipts:
        url = f"http://127.0.0.1:{settings.api_port}/v1/receipts"
        given.append(f"--receipts-url={url}")
    return (sys.executable, "-m", "sandbox", *given)


def centre(settings: Settings, temporal_cli: Path | None) -> list[Process]:
    """Return what makes a centre, in the order of starting.

    Without a CLI there is no Temporal of ours: HMC_TEMPORAL_ADDRESS names one.
    """
    own = environment(settings)
    return [
        *([_temporal(settings, temporal_cli)] if temporal_cli else []),
        Process("sandbox", sandbox(settings), own),
        Process("api", API, own),
        Process("worker", WORKER, own),
        *([Process("console", CONSOLE, own)] if settings.console_port else []),
    ]


def _temporal(settings: Settings, cli: Path) -> Process:
    async def ready() -> None:
        client = await wait_for_temporal(settings.temporal, TEMPORAL_LIMIT)
        await keep_closed_workflows(client, settings.temporal_namespace)

    command = temporal_server.command(cli, settings)
    return Process("temporal", command, ready=ready)


def environment(settings: Settings) -> dict[str, str]:
    """Return the settings as variables, for a process of the same centre.

    The administrator's password is left out: only preparation needs it.
    """
    values = settings.model_dump(
        mode="json", exclude={"admin_password"}, exclude_none=True
    )
    values["state_dir"] = str(settings.state_dir.resolve())
    return {f"HMC_{name.upper()}": _text(value) for name, value in values.items()}


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)
