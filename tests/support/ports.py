"""Ports that nobody uses."""

import os
import random
import socket

# Below those that the kernel gives to whoever connects (32,768 on Linux), so that no
# connection takes one between the look and the start of its server.
_FIRST, _END = 12_000, 32_000
# Test processes side by side look at others each.
_PROCESSES = 8
_OWN = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
_given: set[int] = set()


def free_ports(count: int) -> list[int]:
    """Return ports that nobody listens on, none of them given before."""
    return [free_port() for _ in range(count)]


def free_port() -> int:
    """Return a port that nobody listens on, and that was not given before."""
    own = range(_FIRST + _OWN % _PROCESSES, _END, _PROCESSES)
    for port in random.SystemRandom().sample(own, len(own)):
        if port not in _given and _is_free(port):
            _given.add(port)
            return port
    raise RuntimeError("no port is free")


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        # Of a server that ended a moment ago a connection may linger.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
