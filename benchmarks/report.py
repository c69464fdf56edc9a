"""Writes what was measured into RESULTS.md, each section between its own marks."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from statistics import median

from benchmarks.accepting import AT_ONCE, PER_SECOND, Accepting, Accepts
from benchmarks.measure import Figures, Load, percentile
from benchmarks.rounds import Results, middle, paced, ratios


def marks(section: str) -> tuple[str, str]:
    """Return the lines between which a section's tables stand."""
    return f"<!-- {section}: begin -->", f"<!-- {section}: end -->"


def write(path: Path, section: str, text: str) -> None:
    """Replace what stands between a section's marks."""
    first, last = marks(section)
    before, begin, rest = path.read_text().partition(first)
    _, end, after = rest.partition(last)
    if not (begin and end):
        raise ValueError(f"{path} has not both marks of {section}")
    path.write_text(f"{before}{begin}\n{text}\n{end}{after}")


def about(facts: Mapping[str, str]) -> str:
    """Return the table of what a section was measured on, folded away."""
    when, before, after = facts["Date"], facts["Load before"], facts["Load after"]
    summary = f"{when}, load {before} before and {after} after"
    rest = table(("", ""), facts.items())
    return f"<details><summary>{summary}</summary>\n\n{rest}\n\n</details>"


def delivering(name: str, results: Results, load: Load, floor: str) -> str:
    """Return one backend's table of messages and their times."""
    heads = (
        "",
        "messages/s",
        "of the floor",
        "events",
        f"p50, p99 ms at {load.per_second:.0f}/s",
        f"p50, p99 ms, {load.at_once} under way",
        "worker CPU ms",
        "server CPU ms",
    )
    base = results.figures[floor]
    lines = [
        _line(contender, figures, base, results.events[contender])
        for contender, figures in results.figures.items()
    ]
    return f"### {name}\n\n{table(heads, lines)}"


def _line(
    name: str, figures: Sequence[Figures], floor: Sequence[Figures], events: int | None
) -> Sequence[str]:
    found = ratios(figures, floor)
    share = f"{median(found):.2f} ({found[0]:.2f}–{found[-1]:.2f})"
    return (
        name,
        f"{middle(figures, lambda f: f.per_second):.1f}",
        "1" if figures is floor else share,
        "–" if events is None else str(events),
        f"{paced(figures, 50):.0f}, {paced(figures, 99):.0f}",
        f"{middle(figures, lambda f: f.burst_p50):.0f}, "
        f"{middle(figures, lambda f: f.burst_p99):.0f}",
        f"{middle(figures, lambda f: f.worker_cpu):.1f}",
        f"{middle(figures, lambda f: f.server_cpu):.1f}",
    )


def accepting(name: str, found: Accepting) -> str:
    """Return the table of the API's answers."""
    heads = (
        "",
        f"p50, p99 ms at {PER_SECOND:.0f}/s",
        "messages",
        "refused",
        f"per second, {AT_ONCE} callers",
        "p50, p99 ms then",
    )
    lines = [
        _accepts("API, 202", found.ours),
        _accepts("bare start of a workflow", found.floor),
    ]
    cpu = f"The API's process takes {found.api_cpu:.1f} ms of CPU for a message."
    return f"### {name}\n\n{table(heads, lines)}\n\n{cpu}"


def _accepts(name: str, found: Accepts) -> Sequence[str]:
    return (
        name,
        f"{percentile(found.paced, 50):.1f}, {percentile(found.paced, 99):.1f}",
        str(len(found.paced)),
        str(found.refused),
        f"{found.per_second:.0f}",
        f"{percentile(found.saturated, 50):.0f}, {percentile(found.saturated, 99):.0f}",
    )


def table(heads: Sequence[str], lines: Iterable[Sequence[str]]) -> str:
    """Return a table in Markdown."""
    rows = [heads, ["---"] * len(heads), *lines]
    return "\n".join("| " + " | ".join(row) + " |" for row in rows)
