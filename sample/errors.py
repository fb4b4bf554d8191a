"""The error of the generator."""


class SampleError(Exception):
    """An error with a message and a remedy for the user."""

    def __init__(self, message: str, remedy: str):
        super().__init__(message)
        self.message = message
        self.remedy = remedy
