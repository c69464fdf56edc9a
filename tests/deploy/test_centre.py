"""A whole centre under its supervisor: readiness, deaths, neighbours."""

import signal
import stat
from pathlib import Path

from tests.support.centre.running import Centre, running_centre
from tests.support.waiting import until

PARTS = ("temporal", "sandbox", "api", "worker")


def alive(pid: int) -> bool:
    """Whether a process runs (a zombie waits only for its parent)."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


async def test_what_was_killed_comes_back(own_centre: Centre) -> None:
    for part in PARTS:
        await own_centre.kill(part)
        await own_centre.ready()
    for part in PARTS:
        assert f"{part} was killed by signal 9" in own_centre.notices()


async def test_a_killed_supervisor_leaves_nothing_behind(own_centre: Centre) -> None:
    pids = [own_centre.pid(part) for part in PARTS]
    own_centre.supervisor.kill()
    await own_centre.supervisor.wait()
    await until(lambda: not any(alive(pid) for pid in pids if pid))


async def test_two_centres_run_side_by_side(own_centre: Centre, tmp_path: Path) -> None:
    async with running_centre(tmp_path / "second") as second:
        for one in (own_centre, second):
            async with one.admin() as admin:
                assert (await admin.get("/v1/admin/clients"))["items"]
        others = {second.pid(part) for part in PARTS}
        assert others.isdisjoint({own_centre.pid(part) for part in PARTS})


async def test_the_state_is_its_owners_only_and_survives_a_closed_terminal(
    tmp_path: Path,
) -> None:
    state = tmp_path / "var"
    async with running_centre(state) as one:
        first = (state / "clients.json").read_text()
        shared = [p for p in state.rglob("*") if stat.S_IMODE(p.stat().st_mode) & 0o077]
        assert shared == []
        one.supervisor.send_signal(signal.SIGHUP)
        assert await one.supervisor.wait() == 0
    assert not (state / "pids.json").exists()
    async with running_centre(state) as again:
        assert (state / "clients.json").read_text() == first
        async with again.client("his") as client:
            assert (await client.get("/v1/messages"))["items"] == []
