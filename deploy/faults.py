"""Why a centre does not start."""


class CannotStart(Exception):
    """Something has to be changed first; the text says what."""
