"""Which roles a use case is for."""

import pytest

from centre.audit.audit import Actor
from centre.audit.roles import ADMINS, OPERATORS, own_client, require_role
from core.errors import Forbidden
from core.words import Role


def test_only_these_roles_may() -> None:
    require_role(Actor(who="a", role=Role.ADMIN), *ADMINS)
    require_role(Actor(who="o", role=Role.OPERATOR), *OPERATORS)
    for role in (Role.AUDITOR, "client", "workstation"):
        with pytest.raises(Forbidden, match="role operator or admin"):
            require_role(Actor(who="x", role=role), *OPERATORS)


def test_the_centre_itself_may_do_all() -> None:
    require_role(Actor(who="routing"), *ADMINS)


def test_a_client_may_where_it_is_named() -> None:
    his = Actor(who="his", role="client")
    require_role(his, *OPERATORS, "client")
    assert own_client(his) == "his"
    assert own_client(Actor(who="a", role=Role.ADMIN)) is None
