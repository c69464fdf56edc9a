"""Previews, reviews of changes, sample values, and the first lines of code."""

import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from centre.catalog import message_types, policies, templates
from centre.catalog.models import MessageTypeDraft, PolicyChange, TemplateDraft
from centre.catalog.policies import review_policy
from centre.catalog.previews import preview
from centre.catalog.samples import sample_params
from centre.catalog.templates import review_template
from centre.clients import service
from centre.clients.examples import examples
from centre.clients.models import ClientDraft
from core.policies import Policy, Template, WeightedChannel
from core.words import Channel
from db.store import Store
from tests.support.stores.rig import ACTOR
from tests.support.stores.within import within


def shown(channel: Channel, body: str, **rest: Any) -> Any:
    params = rest.pop("params", {})
    template = Template(channel=channel, body=body, **rest)
    return preview(template, params, "一院")


def test_a_short_message_with_signature_and_size() -> None:
    found = shown(Channel.SMS, "{{name}}您好", params={"name": "王" * 70})
    assert found.body == "【一院】" + "王" * 70 + "您好"
    assert found.size is not None
    assert (found.size.characters, found.size.segments) == (76, 2)


def test_wechat_fields_are_cut_as_wechat_would_refuse_them() -> None:
    fields = {"thing1": "{{a}}", "time2": "{{b}}", "phrase3": "{{a}}"}
    params = {"a": "一二三四五六七八九十" * 3, "b": "2027-01-08 09:30"}
    found = shown(Channel.WECHAT, "x", title="t", fields=fields, params=params)
    assert len(found.fields["thing1"]) == 20
    assert found.fields["time2"] == params["b"]
    assert found.fields["phrase3"] == "一二三四五"


def test_wecom_cards_are_cut_in_bytes_and_hold_no_tags() -> None:
    found = shown(Channel.WECOM, "<b>" + "长" * 600, title="题" * 60)
    assert len(found.title.encode()) <= 128
    assert len(found.body.encode()) <= 512
    assert "<b>" not in found.body


def test_what_has_no_value_stays_visible() -> None:
    found = shown(Channel.EMAIL, "{{a}} {{b}}", title="T {{a}}", params={"a": "1"})
    assert (found.title, found.body) == ("T 1", "1 {{b}}")


@pytest.mark.parametrize("channel", list(Channel))
def test_every_channel_shows_something(channel: Channel) -> None:
    found = shown(channel, "Hello {{who}}", title="T")
    assert "{{who}}" in found.body or "{{who}}" in str(found.fields)


@pytest.mark.parametrize(
    ("channel", "name"),
    [
        (Channel.WECHAT, "thing1"),
        (Channel.WECHAT_MINI, "thing1"),
        (Channel.WECHAT_MEDICAL, "patName"),
        (Channel.ALIPAY, "keyword1"),
    ],
)
def test_a_card_shows_the_words_that_the_provider_gets(
    channel: Channel, name: str
) -> None:
    found = shown(channel, "x", fields={name: "{{who}}\n"}, params={"who": "王*"})
    assert found.fields == {name: "王*"}


def test_samples_fit_their_names() -> None:
    names = ["patient_name", "visit_time", "科室", "queue_no", "zzz"]
    found = sample_params(names)
    assert list(found) == names
    assert found["科室"] == "心内科"
    assert all(found.values())


def draft(body: str) -> TemplateDraft:
    return TemplateDraft(body=body)


async def a_type(store: Store) -> None:
    async with store.sessions.begin() as session:
        kind = MessageTypeDraft(code="lab", name="lab")
        await message_types.add_message_type(session, kind, ACTOR)
        weights = ((Channel.SMS, 0.9), (Channel.WECHAT, 0.2))
        policy = Policy(
            channels=tuple(WeightedChannel(channel=c, weight=w) for c, w in weights)
        )
        await policies.add_policy(session, "lab", PolicyChange.of(policy), ACTOR)
        for channel, body in (
            (Channel.SMS, "{{a}} {{b}}"),
            (Channel.WECHAT, "{{b}}"),
            (Channel.EMAIL, "{{mail}}"),
        ):
            await templates.add_template(session, "lab", channel, draft(body), ACTOR)
        for code, only in (("his", "lab"), ("lis", "x")):
            types = frozenset({only})
            client = ClientDraft(code=code, name=code, message_types=types)
            await service.add_client(session, client, ACTOR)


@pytest.mark.parametrize(
    ("channel", "body", "added", "dropped"),
    [
        (Channel.SMS, "{{b}} {{a}}!", (), ()),
        (Channel.SMS, "{{a}}", (), ()),  # WeChat still needs b
        (Channel.SMS, "{{b}} {{c}}", ("c",), ("a",)),
        (Channel.EMAIL, "{{anything}}", (), ()),  # not in the policy
        (Channel.WECOM, "{{anything}}", (), ()),
    ],
)
async def test_what_a_new_version_breaks(
    store: Store,
    channel: Channel,
    body: str,
    added: tuple[str, ...],
    dropped: tuple[str, ...],
) -> None:
    await a_type(store)
    async with store.sessions() as session:
        found = await review_template(within(session), "lab", channel, draft(body))
    assert (found.added, found.dropped) == (added, dropped)
    assert [s.code for s in found.senders] == (["his"] if found.breaking else [])


async def test_a_policy_breaks_too(store: Store) -> None:
    await a_type(store)
    only = Policy(channels=(WeightedChannel(channel=Channel.EMAIL, weight=0.5),))
    async with store.sessions() as session:
        found = await review_policy(within(session), "lab", PolicyChange.of(only))
    assert (found.added, found.dropped) == (("mail",), ("a", "b"))
    assert found.placeholders == ("mail",)


async def test_clinical_values_are_pointed_out(store: Store) -> None:
    await a_type(store)
    async with store.sessions() as session:
        found = await review_template(
            within(session), "lab", Channel.SMS, draft("{{result}}")
        )
    assert [(c.kind, c.word) for c in found.clinical] == [("placeholder", "result")]


def test_the_lines_are_code(tmp_path: Path) -> None:
    """That they send is seen in tests/console/clients/test_clients.py."""
    params = {"patient": "王\"\\'$*", "b": "x\ny"}
    made = examples("http://127.0.0.1:1", "ak_1", "exam-report", params)
    compile(made.python, "first.py", "exec")
    checked = subprocess.run(
        ["bash", "-n"], input=made.curl, text=True, capture_output=True, check=False
    )
    assert checked.returncode == 0, checked.stderr
    if shutil.which("javac"):
        source = tmp_path / "FirstMessage.java"
        source.write_text(made.java, encoding="ascii")
        command = ["javac", "-d", str(tmp_path), str(source)]
        compiled = subprocess.run(command, capture_output=True, text=True, check=False)
        assert compiled.returncode == 0, compiled.stderr
