"""A reverse proxy that nobody named: what the doctor says of it."""

from pathlib import Path

import pytest

from deploy.doctor import CHECKS, Doubtful
from tests.support.centre.running import running_centre

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.timeout(240),
]


async def test_the_doctor_speaks_of_a_proxy_that_nobody_named(
    tmp_path: Path,
) -> None:
    forwarded = {"X-Forwarded-For": "10.1.1.1"}
    async with running_centre(tmp_path / "var") as centre:
        assert "workers polling" in await CHECKS["ready"](centre.settings)
        async with centre.http() as http:
            await http.get("/health/live", headers=forwarded)
        with pytest.raises(Doubtful, match="HMC_TRUSTED_PROXIES"):
            await CHECKS["ready"](centre.settings)
