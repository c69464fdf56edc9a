"""The vocabularies: what api.md promises in words."""

import inspect

import pytest

from core import errors
from core.errors import MessageCentreError
from core.words import (
    Channel,
    IdentityType,
    Outcome,
    Priority,
    Reason,
    Role,
    Scope,
    Status,
    Strategy,
)


def words(text: str) -> set[str]:
    return set(text.split())


def test_the_vocabularies_are_those_of_the_contract() -> None:
    assert set(Channel) == words(
        "sms wechat wechat_mini wechat_medical wecom alipay email voice workstation"
        " inbox"
    )
    assert set(IdentityType) == words(
        "empi_id patient_id outpatient_no inpatient_no id_card mobile landline"
        " wechat_openid wechat_mini_openid wechat_unionid wecom_userid staff_no"
        " department workstation_id alipay_user_id email"
    )
    assert set(Status) == words(
        "accepted scheduled delivering delivered failed cancelled expired"
    )
    assert set(Outcome) == words(
        "pending sending accepted delivered read failed unknown skipped"
    )
    assert set(Strategy) == words("threshold first_success broadcast")
    assert set(Role) == words("admin operator auditor")
    assert set(Scope) == words(
        "messages:send messages:read messages:cancel messages:acknowledge"
        " batches:send inbox:read"
    )
    assert set(Reason) >= words(
        "policy_satisfied no_address opted_out quiet_hours frequency_cap"
        " template_disabled channel_disabled rejected unreachable rate_limited"
    )


def test_priorities_are_temporals_keys() -> None:
    keys = [p.key for p in (Priority.CRITICAL, Priority.HIGH, Priority.NORMAL)]
    assert keys == sorted(set(keys))
    assert keys[0] == 1
    assert Priority.NORMAL.key == 3, "Temporal's own default"
    assert keys[-1] < Priority.BULK.key <= 5
    assert set(Priority) == words("critical high normal bulk")


TREE = [
    kind
    for _, kind in inspect.getmembers(errors, inspect.isclass)
    if issubclass(kind, MessageCentreError)
]


@pytest.mark.parametrize("kind", TREE, ids=lambda kind: kind.__name__)
def test_an_error_says_its_status_and_stands_in_the_tree(
    kind: type[MessageCentreError],
) -> None:
    assert 400 <= kind.status < 600
    assert kind.title
    assert kind.__name__ in (errors.__doc__ or "")


def test_only_what_a_retry_can_help_is_retryable() -> None:
    assert {kind.__name__ for kind in TREE if kind.retryable} >= words(
        "Unavailable ProviderDown RateLimited"
    )
    for kind in (
        errors.RequestError,
        errors.RecipientRefused,
        errors.ContentRefused,
        errors.Misconfigured,
        errors.Undeliverable,
    ):
        assert not kind.retryable
    assert not errors.OutcomeUnknown.retryable, "a repeat could send twice"
