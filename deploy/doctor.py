"""Looks at each part of a centre and says of each whether it is well.

A check returns what it found, or raises Ill (or Doubtful) with what to do.
"""

import asyncio
import platform
import re
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from email.utils import parsedate_to_datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import httpx

from centre.keys.keys import check_keys
from centre.messages.settling import progress_of
from core.clock import utc_now
from core.crypto import load_keyring
from core.errors import Unavailable
from core.keys_file import KeysRefused
from core.process.faults import CannotStart
from core.settings import Settings
from db.store import Store, open_store
from db.versions import tables_version
from deploy.configured import check_accounts, doubt_of_accounts
from deploy.namespace import RETENTION, retention, wait_for_temporal
from deploy.supervision.processes import ROOT
from deploy.up import api_url

_TEMPORAL_LIMIT = timedelta(seconds=3)
# Providers refuse a signature whose time is minutes off; tokens go sooner.
_LARGEST_SKEW = timedelta(seconds=5)
_LEAST_DISK = 2_000_000_000


class Ill(Exception):
    """A part is not well; the text says what to do."""


class Doubtful(Exception):
    """A part works, but something should be changed; the text says what."""


@dataclass(frozen=True)
class Finding:
    """What one check found."""

    part: str
    well: bool
    text: str
    doubtful: bool = False

    @property
    def mark(self) -> str:
        """How a list shows it."""
        if self.doubtful:
            return "warn"
        return "ok" if self.well else "FAIL"


Check = Callable[[Settings], Awaitable[str]]


async def examine(settings: Settings) -> AsyncIterator[Finding]:
    """Yield a finding per part, in the order in which they need each other."""
    for part, check in CHECKS.items():
        try:
            yield Finding(part, True, await check(settings))
        except Doubtful as doubt:
            yield Finding(part, True, str(doubt), doubtful=True)
        except Ill as ill:
            yield Finding(part, False, str(ill))
        except Exception as error:
            # Only the class: the text may hold an address with a password.
            yield Finding(part, False, f"failed with {type(error).__name__}")


async def _python(settings: Settings) -> str:
    lines = await asyncio.to_thread((ROOT / "requirements.lock").read_text)
    pins = re.findall(r"^([A-Za-z0-9_.\-]+)==([^ ;]+) \\$", lines, re.MULTILINE)
    other = [name for name, version in pins if _installed(name) != version]
    if other:
        raise Ill(f"not as requirements.lock: {', '.join(other)}; run scripts/venv")
    return f"{platform.python_version()}, {len(pins)} packages as locked"


def _installed(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


async def _keys(settings: Settings) -> str:
    path = settings.keys_file
    try:
        keyring = await asyncio.to_thread(check_keys, settings.database, path)
    except KeysRefused as refused:
        raise Ill(str(refused)) from None
    except Unavailable:
        raise Doubtful("not compared with the store, which is not available") from None
    if keyring is None:
        raise Ill(f"{path} is missing; start with `hmc up`, or restore it")
    if open_to_others := await _open_to_others(path):
        raise Ill(open_to_others)
    return f"{len(keyring.keys)} key(s), {keyring.current} seals; the store's own"


async def _accounts(settings: Settings) -> str:
    path = settings.accounts_file
    if doubt := doubt_of_accounts(settings):
        raise Doubtful(doubt)
    if path is None:
        return "no file; the console's, else the sandbox's"
    try:
        count = await asyncio.to_thread(check_accounts, path)
    except CannotStart as error:
        raise Ill(str(error)) from None
    if open_to_others := await _open_to_others(path):
        raise Doubtful(open_to_others)
    return f"{count} in {path}"


async def _open_to_others(path: Path) -> str | None:
    """Say so where others than its owner may read a file of secrets."""
    mode = (await asyncio.to_thread(path.stat)).st_mode & 0o777
    if mode & 0o077:
        return f"{path} has mode {mode:o}; others may read it: chmod 600 it"
    return None


async def _disk(settings: Settings) -> str:
    folder = settings.state_dir.resolve()
    free = shutil.disk_usage(folder if folder.exists() else folder.parent).free
    if free < _LEAST_DISK:
        raise Ill(f"{free / 1e9:.1f} GB free at {folder}; make room (15 kB a message)")
    return f"{free / 1e9:.0f} GB free at {folder}"


async def _store(settings: Settings) -> str:
    try:
        keyring = await asyncio.to_thread(load_keyring, settings.keys_file)
    except KeysRefused:
        raise Ill("can't be opened without the keys") from None
    store = open_store(settings.database, keyring)
    try:
        found, settling = await tables_version(store), await _settling(store)
    finally:
        await store.close()
    return f"{store.engine.dialect.name}, tables at {found}{settling}"


async def _settling(store: Store) -> str:
    """Say how far the work on an earlier version's messages has come."""
    progress = await progress_of(store)
    if progress is None:
        return ""
    back = f"back to {progress.at:%Y-%m-%d}"
    return f"; of the old messages {progress.done} are settled, {back}"


async def _temporal(settings: Settings) -> str:
    try:
        client = await wait_for_temporal(settings.temporal, _TEMPORAL_LIMIT)
    except CannotStart as error:
        elsewhere = settings.temporal_address is not None
        what = "check HMC_TEMPORAL_ADDRESS" if elsewhere else "start it with `hmc up`"
        raise Ill(f"{error.args[0].removesuffix('.')}; {what}") from None
    kept = await retention(client, settings.temporal_namespace)
    if kept < RETENTION:
        raise Ill(f"keeps closed workflows {kept}; set a retention of 72 h")
    hours = kept.total_seconds() / 3600
    return f"{settings.temporal}, closed workflows kept {hours:.0f} h"


async def _api(settings: Settings) -> str:
    answer = await _get(f"{api_url(settings)}/health/live", "API")
    if not answer.is_success:
        raise Ill(f"answers {answer.status_code}; see its log")
    return api_url(settings)


async def _ready(settings: Settings) -> str:
    answer = await _get(f"{api_url(settings)}/health/ready", "API")
    if not answer.is_success:
        raise Ill(f"not ready: {answer.text[:500]}")
    _refuse_unnamed_proxy(settings, answer.json().get("doubts", ()))
    return "every part it needs answers, workers polling"


def _refuse_unnamed_proxy(settings: Settings, doubts: Sequence[str]) -> None:
    """Say so where requests come by a proxy that nobody has named."""
    if settings.trusted_proxies is not None:
        return
    if doubts:
        raise Doubtful(doubts[0])
    if (settings.public_url or "").startswith("https:"):
        raise Doubtful(
            "HMC_PUBLIC_URL is https, so a reverse proxy stands in front; "
            "name it in HMC_TRUSTED_PROXIES, or everybody has its address"
        )


async def _sandbox(settings: Settings) -> str:
    url = f"http://127.0.0.1:{settings.sandbox_port}"
    answer = await _get(f"{url}/_sandbox/tokens", "sandbox")
    if not answer.is_success:
        raise Ill(f"answers {answer.status_code}; see its log")
    return url


async def _clock(settings: Settings) -> str:
    answer = await _get(f"{api_url(settings)}/health/live", "API")
    if "date" not in answer.headers:
        raise Ill("the API's answer has no Date to compare with")
    # The header has whole seconds, so half of one is the best guess.
    theirs = parsedate_to_datetime(answer.headers["date"]) + timedelta(seconds=0.5)
    skew = abs(utc_now() - theirs)
    if skew > _LARGEST_SKEW:
        raise Ill(f"{skew.total_seconds():.0f} s from the API's clock; set up NTP")
    return f"within {_LARGEST_SKEW.seconds} s of the API's"


async def _get(url: str, part: str) -> httpx.Response:
    try:
        async with httpx.AsyncClient(timeout=5) as http:
            return await http.get(url)
    except httpx.HTTPError:
        raise Ill(
            f"the {part} does not answer at {url}; start it with `hmc up`"
        ) from None


CHECKS: dict[str, Check] = {
    "python": _python,
    "keys": _keys,
    "accounts": _accounts,
    "disk": _disk,
    "store": _store,
    "temporal": _temporal,
    "api": _api,
    "ready": _ready,
    "sandbox": _sandbox,
    "clock": _clock,
}
