"""What can be wrong inside an X12 file; always with the segment at which it was met."""


class DamagedError(Exception):
    """A transaction set cannot be read: `segment` counts from 1, `field` is like CLP04.

    Reasons never repeat an amount, a name or a date of the file.
    """

    def __init__(self, reason: str, *, segment: int, field: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.segment = segment
        self.field = field
