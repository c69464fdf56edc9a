"""Takes a PDU's fields one after the other.

The channels have the like of it. The double stays independent of what it tests: it
shares none of their reading, or both would make the same mistake unseen.
"""


class TooShort(Exception):
    """The field asked for is not there whole."""


class Octets:
    """A PDU's body, taken from the front."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    @property
    def left(self) -> int:
        """How many octets have not been taken."""
        return len(self._data) - self._at

    def take(self, size: int) -> bytes:
        """Return the next octets."""
        if size > self.left:
            raise TooShort
        self._at += size
        return self._data[self._at - size : self._at]

    def number(self, size: int = 1) -> int:
        """Return a number, big-endian."""
        return int.from_bytes(self.take(size))

    def text(self, size: int) -> str:
        """Return a text filled up with zeros; what is not ASCII is replaced."""
        return self.take(size).rstrip(b"\0").decode("ascii", "replace")

    def c_text(self, most: int) -> str:
        """Return a text that ends with a zero, which counts."""
        end = self._data.find(b"\0", self._at, self._at + most)
        if end < 0:
            raise TooShort
        text = self.take(end - self._at).decode("ascii", "replace")
        self.take(1)
        return text
