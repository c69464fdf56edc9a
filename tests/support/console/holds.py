"""The console's addresses under 64 kB of hostile text, in a process of its own.

NiceGUI lives once in a process. Prints, as JSON, how many requests were made and which
of them broke something or held the event loop:
`python -m tests.support.console.holds <state folder>`.
"""

import asyncio
import json
import re
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from nicegui import app as nicegui_app
from starlette.routing import Route

from core.settings import Settings
from tests.support.centre.running import free_settings
from tests.support.strangers.hostile_texts import ALL, FEW, filled
from tests.support.strangers.loop_holds import Field, bound, call, holds_too_long
from web import create_console

JSON: Field = (b"content-type", b"application/json")
FILE: Field = (b"content-type", b"multipart/form-data; boundary=b")
FORM: Field = (b"content-type", b"application/x-www-form-urlencoded")
FILES = {
    "parts": filled(b"", b"--b\r\n\r\n\r\n", b"--b--"),
    "a header": filled(b'--b\r\nContent-Disposition: form-data; name="', b"a"),
    "headers": filled(b"--b\r\n", b"A: b\r\n", b"\r\n\r\n--b--"),
    "half boundaries": filled(b"--b\r\n\r\n", b"\r\n--"),
}


def asked() -> Iterator[tuple[str, str, bytes, Field, bytes]]:
    """Yield a name, a method, an address, a type and a body for each route."""
    for route in nicegui_app.routes:
        if not isinstance(route, Route):
            continue
        path = b"/console" + re.sub(r"{[^}]*}", "x", route.path).encode()
        for method in sorted(route.methods or {"GET"}):
            place = f"{method} {route.path}"
            yield f"{place} plain", method, path, JSON, b""
            for unit, text in FEW.items():
                long = path + b"/" + text.encode().hex("%").encode()[:30_000]
                yield f"{place} {unit!r}", method, long, JSON, b""
            if method not in ("POST", "PUT", "PATCH"):
                continue
            for kind, bodies in ((JSON, ALL), (FORM, ALL), (FILE, FILES)):
                for name, body in bodies.items():
                    yield f"{place} {kind[1]!r} {name}", method, path, kind, body


async def tried(settings: Settings) -> tuple[int, list[str]]:
    """Return how many requests were made, and which held the loop."""
    app = create_console(settings)
    held, count = [], 0
    async with app.router.lifespan_context(app):
        most = await bound(lambda: call(app, "GET", b"/console/sign-in"))
        for name, method, path, kind, body in asked():
            count += 1
            ask = partial(call, app, method, path, b"", (kind,), body)
            if await ask() == 500:
                held.append(f"500: {name}")
            if await holds_too_long(ask, most):
                held.append(name)
    return count, held


if __name__ == "__main__":
    count, held = asyncio.run(tried(free_settings(Path(sys.argv[1]))))
    sys.stdout.write(f"\n{json.dumps([count, held])}\n")
