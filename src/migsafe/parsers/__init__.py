"""SQL text to operations: `parsers.sql` is what sources call."""

from migsafe.parsers.errors import ParseError

__all__ = ["ParseError"]
