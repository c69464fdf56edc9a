"""`hmc renew-token`: another signing key, noted, audited; all the rest stays."""

from pathlib import Path

from centre.keys.keys import check_keys
from core.crypto import load_keyring
from core.settings import Settings
from deploy.audit_log import verify_log
from deploy.prepare import prepare
from deploy.token_key import another_token
from tests.support.stores.keys import rows_in


async def test_another_token_is_made_noted_and_audited(tmp_path: Path) -> None:
    settings = Settings(state_dir=tmp_path / "var")
    await prepare(settings)
    before = load_keyring(settings.keys_file)
    told: list[str] = []
    await another_token(settings, told.append)
    after = check_keys(settings.database, settings.keys_file)
    assert after is not None
    assert after.token_key != before.token_key
    assert (after.keys, after.index_key) == (before.keys, before.index_key)
    assert "restart all processes" in told[0]
    assert "is whole" in await verify_log(settings, None, None)
    assert "renew-token" in rows_in(settings.database)["audit"][-1]
