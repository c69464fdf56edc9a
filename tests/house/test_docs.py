"""The documents name what there is: settings, metrics, decisions, each other."""

import re
import tomllib
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from api.http.metrics import Metrics
from core.settings import Settings

ROOT = Path(__file__).parents[2]
PAGES = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
DECISIONS = sorted((ROOT / "docs" / "decisions").glob("*.md"))


def read(path: Path | str) -> str:
    return (ROOT / path).read_text(encoding="utf-8")


def test_the_read_me_names_every_setting() -> None:
    text = read("README.md")
    names = [f"HMC_{name.upper()}" for name in Settings.model_fields]
    assert not [name for name in names if f"`{name}`" not in text]


def test_every_metric_is_explained() -> None:
    text = read("docs/operations.md")
    shown = text_string_to_metric_families(Metrics().text().decode())
    families = {family.name.removesuffix("_created") for family in shown}
    names = {name for name in families if name.startswith("hmc_")}
    assert names
    missing = {n for n in names if f"`{n}`" not in text and f"`{n}_total`" not in text}
    assert not missing


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_no_link_leads_nowhere(page: Path) -> None:
    links = re.findall(r"\]\(([^)#\s]+)[^)]*\)", read(page))
    own = [link for link in links if "://" not in link]
    assert not [link for link in own if not (page.parent / link).exists()]


@pytest.mark.parametrize("page", DECISIONS, ids=lambda page: page.stem)
def test_a_decision_has_a_number_of_its_own(page: Path) -> None:
    number = page.name.partition("-")[0]
    assert len([other for other in DECISIONS if other.name.startswith(number)]) == 1
    assert read(page).startswith(f"# {int(number)}. ")


def test_the_newest_entry_of_the_changelog_is_this_version() -> None:
    version = tomllib.loads(read("pyproject.toml"))["project"]["version"]
    entries = re.findall(r"^## \[([0-9.]+)\]", read("CHANGELOG.md"), re.MULTILINE)
    assert entries[0] == version
