"""Takes a PDU's octets from the front, and says where they are none.

The provider sandbox reads them by itself, on purpose: a double that read with our
own code would make the same mistakes, and no test would see them.
"""


class Garbled(ValueError):
    """Bytes that are no PDU; the text names the fault, and no value."""


class Reader:
    """What has not been read of a PDU; Garbled where too little is left."""

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
            raise Garbled("too short")
        self._at += size
        return self._data[self._at - size : self._at]

    def number(self, size: int = 1) -> int:
        """Return a number, big-endian."""
        return int.from_bytes(self.take(size))

    def c_string(self) -> bytes:
        """Return what stands before the next zero, which is taken too."""
        end = self._data.find(b"\0", self._at)
        if end < 0:
            raise Garbled("no end")
        text = self.take(end - self._at)
        self.take(1)
        return text
