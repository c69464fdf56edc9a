"""Rounds: the contenders take turns, so that a busy minute hits all of them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from statistics import median

from benchmarks.measure import (
    Contender,
    Figures,
    Load,
    burst,
    percentile,
    turn,
)

Say = Callable[[str], None]
_WARM_UP = 30


@dataclass
class Results:
    """The figures of each contender, round by round; the last one is the floor's."""

    figures: dict[str, list[Figures]] = field(default_factory=dict)
    events: dict[str, int | None] = field(default_factory=dict)


async def run(
    contenders: Sequence[Contender], load: Load, rounds: int, say: Say
) -> Results:
    """Let all contenders send, in turns, in every other round backwards."""
    results = Results({contender.name: [] for contender in contenders})
    for contender in contenders:
        await burst(contender.one, _WARM_UP, load.at_once)
    for number in range(rounds):
        order = contenders if number % 2 == 0 else contenders[::-1]
        for contender in order:
            figures = await turn(contender, load)
            results.figures[contender.name].append(figures)
            say(f"  {number + 1}/{rounds} {contender.name}: {figures}")
    for contender in contenders:
        results.events[contender.name] = await contender.events()
    return results


def middle(rounds: Sequence[Figures], of: Callable[[Figures], float]) -> float:
    """Return the middle one of a figure over the rounds."""
    return median(map(of, rounds))


def paced(rounds: Sequence[Figures], percent: int) -> float:
    """Return a percentile over all the paced messages of all rounds."""
    return percentile([ms for figures in rounds for ms in figures.paced], percent)


def ratios(ours: Sequence[Figures], floor: Sequence[Figures]) -> list[float]:
    """Return our throughput in the floor's, round by round."""
    pairs = zip(ours, floor, strict=True)
    return sorted(one.per_second / other.per_second for one, other in pairs)
