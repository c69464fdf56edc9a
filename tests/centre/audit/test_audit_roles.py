"""Which roles a use case is for."""

import pytest

from centre.audit.audit import Actor
from centre.audit.roles import ADMINS, OPERATORS, own_client
from core.errors import Forbidden
from core.words import Role


def test_only_these_roles_may() -> None:
    Actor(who="a", role=Role.ADMIN).must_be(*ADMINS)
    Actor(who="o", role=Role.OPERATOR).must_be(*OPERATORS)
    for role in (Role.AUDITOR, "client", "workstation"):
        with pytest.raises(Forbidden, match="role operator or admin"):
            Actor(who="x", role=role).must_be(*OPERATORS)


def test_the_centre_itself_may_do_all() -> None:
    Actor(who="routing").must_be(*ADMINS)


def test_a_client_may_where_it_is_named() -> None:
    his = Actor(who="his", role="client")
    his.must_be(*OPERATORS, "client")
    assert own_client(his) == "his"
    assert own_client(Actor(who="a", role=Role.ADMIN)) is None
