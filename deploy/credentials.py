"""The secrets that people's tools need: clients' keys, the first password.

Both lie in the state folder, mode 0600, beside the keys that protect all else.
"""

import json
import secrets
from collections.abc import Iterable, Mapping
from pathlib import Path

from centre.clients.models import NewClient
from core.process.faults import CannotStart
from core.settings import Settings
from deploy.files import write_private

Credentials = dict[str, str | None]


def keep_clients(state_dir: Path, clients: Iterable[NewClient]) -> None:
    """Add new clients' credentials to clients.json; the store has only hashes."""
    added = {
        new.client.code: {
            "appkey": new.appkey,
            "appsecret": new.appsecret,
            "callback_secret": new.callback_secret,
        }
        for new in clients
    }
    keep(state_dir, added)


def keep(state_dir: Path, added: Mapping[str, Credentials]) -> None:
    """Add credentials by client code to clients.json."""
    if added:
        kept = _kept(state_dir) | dict(added)
        write_private(clients_file(state_dir), json.dumps(kept, indent=1))


def _kept(state_dir: Path) -> dict[str, Credentials]:
    path = clients_file(state_dir)
    if not path.exists():
        return {}
    kept: dict[str, Credentials] = json.loads(path.read_text())
    return kept


def client_key(state_dir: Path, code: str) -> tuple[str, str]:
    """Return a client's appkey and appsecret."""
    found = _kept(state_dir).get(code)
    if found is None:
        raise CannotStart(
            f"{clients_file(state_dir)} has no client {code}; "
            "give its --appkey and --secret."
        )
    return str(found["appkey"]), str(found["appsecret"])


def clients_file(state_dir: Path) -> Path:
    """Return where clients' credentials are kept."""
    return state_dir / "clients.json"


def password_file(state_dir: Path) -> Path:
    """Return where a generated password of the administrator is kept."""
    return state_dir / "admin-password"


def first_password(settings: Settings) -> str:
    """Return the first administrator's password, generating one if need be.

    It is on disk before the account exists, so that no crash can lose it.
    """
    if settings.admin_password:
        return settings.admin_password
    path = password_file(settings.state_dir)
    if not path.exists():
        write_private(path, secrets.token_urlsafe(15))
    return path.read_text()


def admin_password(settings: Settings) -> str:
    """Return the password that people's commands sign in with."""
    if settings.admin_password:
        return settings.admin_password
    path = password_file(settings.state_dir)
    if not path.exists():
        raise CannotStart(
            "No administrator's password at hand: give HMC_ADMIN_PASSWORD, "
            "or run this with the centre's HMC_STATE_DIR."
        )
    return path.read_text()
