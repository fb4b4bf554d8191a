"""The base class of errors with a message for the user."""


class LakehouseError(Exception):
    """An error with a message and a remedy; commands print it without a stack trace."""

    def __init__(self, message: str, remedy: str = ""):
        super().__init__(message)
        self.message = message
        self.remedy = remedy


class WrongUsage(LakehouseError):
    """A command was called with an argument that does not exist, such as an unknown table."""
