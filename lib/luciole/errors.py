"""The one error that users of Luciole are meant to read."""


class LucioleError(ValueError):
    """Bad input, said in one line: what was expected, what came, what to do.

    The command line prints it without a traceback.

    >>> raise LucioleError("expected a cell of six integers 0..4, got 7 integers; drop one")
    Traceback (most recent call last):
        ...
    luciole.errors.LucioleError: expected a cell of six integers 0..4, got 7 integers; drop one
    """
