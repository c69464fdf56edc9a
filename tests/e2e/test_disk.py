"""A full disk: red, 503 and nothing lost; with room again all goes on.

The disk is full for two processes only, by a limit on the size of files, which
needs no rights: the kernel refuses their writes as it does on a full disk.
"""

import resource
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.support.centre.running import PASSWORD, Centre
from tests.support.centre.system import Document, joined, signed_in, somebody
from tests.support.centre.types import BOOKING, define, message
from tests.support.waiting import eventually

_TINY = 4096


@contextmanager
def full_disk(centre: Centre, *processes: str) -> Iterator[None]:
    """Let nothing grow that these processes write."""
    pids = [pid for name in processes if (pid := centre.pid(name))]
    assert len(pids) == len(processes)
    old = [resource.prlimit(pid, resource.RLIMIT_FSIZE) for pid in pids]
    for pid, (_, hard) in zip(pids, old, strict=True):
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (_TINY, hard))
    try:
        yield
    finally:
        for pid, limits in zip(pids, old, strict=True):
            resource.prlimit(pid, resource.RLIMIT_FSIZE, limits)


async def readiness(centre: Centre) -> list[str]:
    """Return what is missing, once anything is."""
    async with centre.http() as http:
        answer = await eventually(
            lambda: http.get("/health/ready"), lambda answer: not answer.is_success
        )
    found: Document = answer.json()
    return list(found["missing"])


@pytest.mark.timeout(240)
async def test_a_full_disk_is_told_and_loses_nothing(own_centre: Centre) -> None:
    sent: list[str] = []
    async with (
        signed_in(own_centre) as admin,
        joined(own_centre, "disk-his") as system,
        own_centre.http() as http,
    ):
        await define(admin, "disk-booking", BOOKING)
        body = message("disk-booking", somebody())
        with full_disk(own_centre, "api", "worker"):
            assert "store" in await readiness(own_centre)
            person = {"username": "admin", "password": PASSWORD}
            answer = await http.post("/v1/session", json=person)
            assert answer.status_code == 503
            assert answer.headers["Retry-After"]
            client = {"code": "disk-lis", "name": "LIS"}
            made = await admin.http.post("/v1/admin/clients", json=client)
            assert made.status_code == 503
            for number in range(10):
                given = await system.post(body, f"disk-{number}")
                assert given.status_code in (202, 503), given.text
                if given.status_code == 202:
                    sent.append(given.json()["id"])
            assert (await http.get("/health/live")).is_success
        assert sent
        await own_centre.ready()
        for message_id in sent:
            assert (await system.ended(message_id))["status"] == "delivered"
        for number in range(10):
            given = await system.post(body, f"disk-{number}")
            assert given.status_code == 202
