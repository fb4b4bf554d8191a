"""Errors that a person is meant to read."""


class LakehouseError(Exception):
    """What went wrong, where, and the remedy; shown without a stack trace."""

    def __init__(self, message: str, remedy: str = ""):
        super().__init__(message)
        self.message = message
        self.remedy = remedy
