"""Temporal's Web UI behind the console: fetched, and adapted to where it is shown.

Nothing of a browser's request but its address and what it accepts goes on, and
nothing of the answer but its type and its bytes comes back: no cookie, no token,
no redirect, no header of the other side's choice.
"""

import base64
import hashlib
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import httpx
from starlette.responses import HTMLResponse, JSONResponse, Response, StreamingResponse

from core.errors import Unavailable
from core.settings import Settings

# The server holds a page's wait for new events for a minute at most.
_TIMEOUT = httpx.Timeout(5, read=90)
_PASSED_ON = ("content-type", "content-encoding")
_META = re.compile(r'<meta http-equiv="content-security-policy"[^>]*>', re.IGNORECASE)
_BASE = re.compile(r'\bbase: "[^"]*"')
_FILES = re.compile(r'"[^"]*/_app/')
# Histories hold what people typed in: no script runs but the page's own, and
# nothing is sent elsewhere (the UI lets a browser name another codec).
_POLICY = "; ".join(
    (
        "default-src 'self'",
        "script-src 'self' {scripts}",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "font-src 'self' data:",
        "connect-src 'self'",
        "worker-src 'self' blob:",
        "object-src 'none'",
        "base-uri 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)


@dataclass(frozen=True)
class TemporalUi:
    """The UI's server, as one process of the console reaches it."""

    http: httpx.AsyncClient

    async def page(self, base: str) -> Response:
        """Return its document, whose scripts shall find all below `base`.

        The server does the same by its setting of a public path, and is then
        of no use at its own address.
        """
        text = adapted((await self._whole("/")).text, base)
        hashes = " ".join(f"'sha256-{_digest(s)}'" for s in scripts_in(text))
        policy = _POLICY.format(scripts=hashes)
        return HTMLResponse(text, headers={"Content-Security-Policy": policy})

    async def settings(self, base: str) -> Response:
        """Return its settings: it reads only, and decodes at our address."""
        try:
            found = dict((await self._whole("/api/v1/settings")).json())
        except ValueError:
            raise _unavailable() from None
        codec = {"Endpoint": f"{base}/codec", "PassAccessToken": False}
        found["Codec"] = codec | {"IncludeCredentials": False}
        return JSONResponse(found | {"DisableWriteActions": True})

    async def passed(
        self, method: str, address: str, accepts: str, body: bytes = b""
    ) -> Response:
        """Return what it answers at an address (path and query), piece by piece."""
        headers = {"accept-encoding": accepts}
        if method == "POST":
            # It compares its cookie with a header; who may call is checked by us.
            own = {"cookie": "_csrf=centre", "x-csrf-token": "centre"}
            headers |= own | {"content-type": "application/json"}
        try:
            request = self.http.build_request(
                method, address, headers=headers, content=body
            )
            answer = await self.http.send(request, stream=True)
        except (httpx.HTTPError, httpx.InvalidURL):
            raise _unavailable() from None
        kept = {n: v for n, v in answer.headers.items() if n in _PASSED_ON}
        if answer.is_redirect:
            await answer.aclose()
            raise _unavailable()
        return StreamingResponse(_pieces(answer), answer.status_code, kept)

    async def _whole(self, path: str) -> httpx.Response:
        try:
            answer = await self.http.get(path)
        except httpx.HTTPError:
            raise _unavailable() from None
        if answer.status_code != httpx.codes.OK:
            raise _unavailable()
        return answer


@asynccontextmanager
async def open_temporal_ui(settings: Settings) -> AsyncIterator[TemporalUi]:
    """Open the connections to where the settings say that the UI is."""
    async with httpx.AsyncClient(
        base_url=settings.temporal_ui,
        timeout=_TIMEOUT,
        trust_env=False,  # it stands beside us, no proxy is between
        follow_redirects=False,
    ) as http:
        yield TemporalUi(http)


def scripts_in(page: str) -> list[str]:
    """Return what stands within a page's script elements that name no file."""
    parts = (part.partition("</script>") for part in page.split("<script>")[1:])
    return [script for script, end, _ in parts if end]


def adapted(text: str, base: str) -> str:
    """Return the UI's document with `base` in place of where it thinks it is.

    Its own policy is a hash of the script that we change; ours replaces it.
    """
    text = _BASE.sub(f'base: "{base}"', _META.sub("", text))
    return _FILES.sub(f'"{base}/_app/', text)


def _digest(script: str) -> str:
    return base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()


async def _pieces(answer: httpx.Response) -> AsyncIterator[bytes]:
    try:
        async for piece in answer.aiter_raw():
            yield piece
    finally:
        await answer.aclose()


def _unavailable() -> Unavailable:
    return Unavailable("Temporal's Web UI does not answer.")
