"""What providers' codes say of a person's address, as each provider lists them."""

from collections.abc import Mapping

from core.words import State


def says(codes: Mapping[State, str]) -> Mapping[str, State]:
    """Return the state that each code stands for; a state's codes parted by blanks."""
    return {code: state for state, several in codes.items() for code in several.split()}
