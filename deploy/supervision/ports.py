"""Which ports a centre needs, and which of them somebody else has."""

import socket
from collections.abc import Iterator
from dataclasses import dataclass

from core.process.faults import CannotStart
from core.settings import Settings


@dataclass(frozen=True)
class Port:
    """A port we are going to listen on, and how to choose another."""

    number: int
    used_by: str
    variable: str
    host: str = "127.0.0.1"


def needed(settings: Settings) -> Iterator[Port]:
    """Yield the ports of a centre with these settings."""
    yield Port(settings.api_port, "API", "HMC_API_PORT", settings.host)
    if settings.console_port:
        port = settings.console_port
        yield Port(port, "console", "HMC_CONSOLE_PORT", settings.host)
    yield Port(settings.sandbox_port, "sandbox", "HMC_SANDBOX_PORT")
    yield Port(settings.smtp_port, "sandbox's SMTP", "HMC_SANDBOX_SMTP_PORT")
    yield Port(settings.cmpp_port, "sandbox's CMPP", "HMC_SANDBOX_CMPP_PORT")
    yield Port(settings.smpp_port, "sandbox's SMPP", "HMC_SANDBOX_SMPP_PORT")
    if settings.temporal_address is None:
        yield Port(settings.temporal_port, "Temporal", "HMC_TEMPORAL_PORT")
        yield Port(settings.temporal_ui_port, "Temporal UI", "HMC_TEMPORAL_UI_PORT")


def require_free(ports: list[Port]) -> None:
    """Raise CannotStart with every port that is taken or named twice."""
    numbers = [port.number for port in ports]
    wrong = [p for p in ports if numbers.count(p.number) > 1 or is_taken(p)]
    if wrong:
        raise CannotStart("\n".join(_advice(port) for port in wrong))


def _advice(port: Port) -> str:
    return (
        f"Port {port.number} ({port.used_by}) is taken; "
        f"choose another with {port.variable}."
    )


def is_taken(port: Port) -> bool:
    """Whether nobody but another program can listen there now."""
    with socket.socket() as probe:
        # As the servers do: a port whose last owner has just gone is free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((port.host, port.number))
        except OSError:
            return True
    return False
