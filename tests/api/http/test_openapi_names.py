"""What the published document calls its models, which generated clients are made of."""

from api.app import create_app
from core.settings import Settings


def test_no_models_name_says_where_its_module_lies() -> None:
    """FastAPI puts the module's path before the name where two models share one."""
    document = create_app(Settings()).openapi()
    names = document["components"]["schemas"]
    assert not [name for name in names if "__" in name]
    assert {"Waiting", "WaitingFailures"} <= names.keys()
