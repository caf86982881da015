"""What can be wrong with a file, a profile or a value, in words for the person who sent it."""


class LoadingError(Exception):
    """The whole call cannot go on; the message is one sentence that says what to do."""


class FileRefusedError(Exception):
    """This file cannot be read or is of no known kind; others still load."""


class BadValueError(Exception):
    """One cell or one reference is wrong: `field` names the column, the message says why."""

    def __init__(self, reason: str, field: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.field = field
