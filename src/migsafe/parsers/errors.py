"""What the parsers raise."""


class ParseError(ValueError):
    """A fragment (an expression, a type) that is not what it should be."""
