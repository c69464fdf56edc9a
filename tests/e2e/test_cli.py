"""The command line against a running centre, as a person types it."""

import asyncio
import json
import re
import sys
from asyncio.subprocess import PIPE
from pathlib import Path

import pytest
import typer

from deploy.remote import Refused, message, pairs, trial_of
from deploy.supervision.processes import ROOT
from tests.support.centre.running import Centre
from tests.support.waiting import eventually

pytestmark = pytest.mark.asyncio(loop_scope="session")

TO = ("--to", "mobile=13812345678")


async def hmc(*words: str, env: dict[str, str]) -> tuple[int, str]:
    """Run a command; return its status and all it printed."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "cli.py", *words),
        cwd=ROOT,
        env={"PATH": "/usr/bin:/bin", "COLUMNS": "120", **env},
        stdout=PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    printed, _ = await process.communicate()
    return process.returncode or 0, printed.decode()


async def params(centre: Centre, message_type: str) -> list[str]:
    """Return `--param` words for every placeholder of a seeded type."""
    async with centre.admin() as admin:
        found = await admin.get(f"/v1/admin/message-types/{message_type}")
    names = sorted(set(_placeholders(json.dumps(found))))
    return [word for name in names for word in ("--param", f"{name}=三")]


def _placeholders(text: str) -> list[str]:
    return [part.partition("}}")[0].strip() for part in text.split("{{")[1:]]


async def test_every_part_is_well(centre: Centre) -> None:
    status, printed = await hmc("doctor", env=centre.variables)
    assert "FAIL" not in printed, printed
    assert status == 0
    assert len(printed.splitlines()) == 10


async def test_the_doctor_says_what_to_do_where_nothing_runs(tmp_path: Path) -> None:
    env = {"HMC_STATE_DIR": str(tmp_path), "HMC_API_PORT": "1", "HMC_SANDBOX_PORT": "1"}
    status, printed = await hmc("doctor", env=env | {"HMC_TEMPORAL_PORT": "1"})
    assert status == 1
    assert printed.count("FAIL") == 7
    assert "start it with `hmc up`" in printed


async def test_a_new_system_sends_and_follows_its_message(centre: Centre) -> None:
    env = centre.variables
    code = "cli-test"
    status, printed = await hmc("client", "add", code, "--name", "命令行", env=env)
    assert status == 0, printed
    assert "appsecret" in printed
    kind = ("--client", code, "--type", "registration-success")
    words = (*kind, *TO, *await params(centre, "registration-success"))
    status, printed = await hmc("send", *words, "--wait", env=env)
    assert status == 0, printed
    assert "registration-success: delivered" in printed
    status, again = await hmc("status", printed.split()[0], env=env)
    assert status == 0, again
    assert ": delivered" in again


async def test_a_failed_message_is_sent_again(centre: Centre) -> None:
    # A number of its own: the shared centre's other tests send to others.
    number = "13900008888"
    down = [{"recipient": number, "outcome": "reject"}]
    async with centre.sandbox() as sandbox:
        await sandbox.put("/_sandbox/rules", json=down)
        words = await params(centre, "registration-success")
        status, printed = await hmc(
            *("send", "--client", "his", "--type", "registration-success"),
            *("--to", f"mobile={number}", "--channel", "sms", "--wait", *words),
            env=centre.variables,
        )
        assert ": failed" in printed, printed
        message_id = printed.split()[0]
        await sandbox.put("/_sandbox/rules", json=[])
    reason = ("--reason", "the provider is back")
    status, printed = await hmc("resend", message_id, *reason, env=centre.variables)
    assert status == 0, printed
    assert await ending(centre, message_id) == "delivered"


async def ending(centre: Centre, message_id: str) -> str:
    """Return where a message stands once it does not wait for a resend."""
    async with centre.admin() as admin:
        found = await eventually(
            lambda: admin.get(f"/v1/messages/{message_id}"),
            lambda found: found["status"] in {"delivered", "cancelled", "expired"},
        )
    return str(found["status"])


async def test_a_channel_is_tried_by_an_account(centre: Centre) -> None:
    words = ("channel", "test", "sms", "13900007777")
    status, printed = await hmc(*words, "--account", "default", env=centre.variables)
    assert status == 0, printed
    assert printed.startswith("taken provider=aliyun")
    status, printed = await hmc(*words, "--account", "none", env=centre.variables)
    assert status == 1
    assert "no such account" in printed
    rule = {"recipient": "13900007777", "outcome": "invalid_recipient"}
    async with centre.sandbox() as sandbox:
        await sandbox.put("/_sandbox/rules", json=[rule])
        status, printed = await hmc(*words, env=centre.variables)
        await sandbox.put("/_sandbox/rules", json=[])
    assert status == 1
    assert printed.startswith("recipient_refused code=")


async def test_the_recipient_of_a_test_may_name_its_type() -> None:
    path, body = trial_of("voice", "landline=02512345678", "spare")
    assert path == "/v1/admin/channels/voice/accounts/spare/test"
    assert body == {"identity_type": "landline", "value": "02512345678"}
    path, body = trial_of("wechat", "oAbc", None)
    assert path == "/v1/admin/channels/wechat/test"
    assert body == {"identity_type": "wechat_openid", "value": "oAbc"}
    with pytest.raises(Refused):
        trial_of("pigeon", "x", None)


@pytest.mark.parametrize(
    ("channel", "recipient", "told"),
    [
        ("wechat", "openid=abc", "no type of identity; wechat takes wechat_openid."),
        ("voice", "email=a@b.cn", "not one that this channel can use; voice takes mob"),
        ("sms", "12", "the mobile is not a mobile number"),
        ("email", "email=", "the email must have 1 to 255 characters"),
    ],
)
async def test_a_wrong_recipient_of_a_test_is_told_as_the_argument(
    channel: str, recipient: str, told: str
) -> None:
    with pytest.raises(Refused, match=f"^RECIPIENT: .*{re.escape(told)}") as refused:
        trial_of(channel, recipient, None)
    assert "abc" not in str(refused.value)


async def test_what_is_no_message_id_is_told_without_asking_the_centre() -> None:
    status, printed = await hmc("status", "nonsense", env={"HMC_API_PORT": "1"})
    assert status == 2
    assert "not a message id" in printed


async def test_a_wrong_password_is_told_with_where_it_came_from(
    centre: Centre, tmp_path: Path
) -> None:
    words = ("status", "01990000-0000-7000-8000-000000000000")
    wrong = centre.variables | {"HMC_ADMIN_PASSWORD": "not the administrator's"}
    status, printed = await hmc(*words, env=wrong)
    assert status == 1
    assert "taken from HMC_ADMIN_PASSWORD" in printed
    (tmp_path / "admin-password").write_text("an old one")
    elsewhere = wrong | {"HMC_STATE_DIR": str(tmp_path), "HMC_ADMIN_PASSWORD": ""}
    status, printed = await hmc(*words, env=elsewhere)
    assert status == 1
    assert f"taken from {tmp_path}/admin-password" in printed
    assert "HMC_ADMIN_PASSWORD" in printed
    async with centre.admin():  # and the failures are forgotten
        pass


async def test_a_refusal_is_shown_with_its_places(centre: Centre) -> None:
    status, printed = await hmc(
        *("send", "--client", "his", "--type", "registration-success", *TO),
        env=centre.variables,
    )
    assert status == 1
    assert "422 Unprocessable content" in printed
    assert "/params/" in printed


async def test_taken_ports_are_named_with_their_variables(
    centre: Centre, tmp_path: Path
) -> None:
    elsewhere = {"HMC_STATE_DIR": str(tmp_path)}
    status, printed = await hmc("up", env=centre.variables | elsewhere)
    assert status == 2
    assert f"Port {centre.settings.api_port} (API) is taken" in printed
    assert printed.count("choose another with HMC_") == 7


async def test_a_state_folder_has_one_centre(centre: Centre) -> None:
    status, printed = await hmc("up", env=centre.variables)
    assert status == 2
    assert "HMC_STATE_DIR" in printed


async def test_a_wrong_setting_is_named_without_its_value() -> None:
    status, printed = await hmc("doctor", env={"HMC_API_PORT": "secret"})
    assert status == 2
    assert printed.startswith("HMC_API_PORT: ")
    assert "secret" not in printed


async def test_what_was_not_given_is_left_out_of_the_body() -> None:
    body = message("lab-report", {"mobile": "138"}, {}, None, None, None)
    assert body == {
        "type": "lab-report",
        "recipient": {"identities": {"mobile": "138"}},
    }


async def test_pairs_keep_what_follows_the_first_equals_sign() -> None:
    assert pairs(["a=b=c", "d="]) == {"a": "b=c", "d": ""}
    with pytest.raises(typer.BadParameter):
        pairs(["no-value"])
