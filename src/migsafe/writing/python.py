"""Python source for revisions: literals and calls, laid out as formatters do."""

from migsafe.model.pattern import pattern
from migsafe.model.record import record

_WIDTH = 88
_ESCAPES = {"\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}

# What SQLAlchemy's text() takes for a parameter, and for an escaped colon.
_PARAMETER = pattern(r"(?<![:\w\\]):\w+(?![:\w])")
_ESCAPED = pattern(r"\\:\w*(?![:\w])")


@record
class Call:
    """A call or a list: what opens, the arguments with their names, what closes."""

    opening: str
    arguments: tuple[tuple[str | None, "Call | str"], ...]
    closing: str = ")"

    def on_one_line(self) -> str:
        """Return the call on one line."""
        inside = ", ".join(_named(name, _flat(value)) for name, value in self.arguments)
        return f"{self.opening}{inside}{self.closing}"

    def names(self) -> list[str]:
        """Return what opens this call and every call inside it."""
        inside = [value.names() for _, value in self.arguments if isinstance(value, Call)]
        return [self.opening, *(name for each in inside for name in each)]

    def text(self, indent: int = 0, prefix: int = 0) -> str:
        """Return the call, broken into lines where it is too long for one.

        Args:
            indent: Columns in front of the line that it starts on.
            prefix: Columns taken on the first line, beyond the indent.
        """
        flat = self.on_one_line()
        if not self.arguments or ("\n" not in flat and indent + prefix + len(flat) <= _WIDTH):
            return flat
        inner = " " * (indent + 4)
        lines = [
            f"{inner}{_named(name, _broken(value, indent + 4, len(name or '')))},\n"
            for name, value in self.arguments
        ]
        return f"{self.opening}\n{''.join(lines)}{' ' * indent}{self.closing}"


def _named(name: str | None, text: str) -> str:
    return text if name is None else f"{name}={text}"


def _flat(value: Call | str) -> str:
    return value if isinstance(value, str) else value.on_one_line()


def _broken(value: Call | str, indent: int, prefix: int) -> str:
    return value if isinstance(value, str) else value.text(indent, prefix + 2)


def call(function: str, *positional: Call | str, **named: Call | str | None) -> Call:
    """Return a call; arguments that are None are left out."""
    arguments: list[tuple[str | None, Call | str]] = [(None, each) for each in positional]
    arguments += [(name, value) for name, value in named.items() if value is not None]
    return Call(f"{function}(", tuple(arguments))


def strings(texts: tuple[str, ...]) -> Call:
    """Return a list of string literals."""
    return Call("[", tuple((None, string(text)) for text in texts), "]")


def string(text: str) -> str:
    """Return a string literal that holds exactly the text."""
    quote = "'" if '"' in text and "'" not in text else '"'
    return f"{quote}{''.join(_escaped(char, quote) for char in text)}{quote}"


def _escaped(char: str, quote: str) -> str:
    if char == quote:
        return f"\\{quote}"
    if char in _ESCAPES:
        return _ESCAPES[char]
    return char if char.isprintable() else _code(char)


def _code(char: str) -> str:
    return ascii(char)[1:-1]


def block_string(text: str) -> str:
    """Return a literal in three quotes, for text of several lines."""
    body = text.rstrip('"')
    kept = "".join(
        char if char == "\n" or (char != "\\" and char.isprintable()) else _escaped(char, "")
        for char in body
    ).replace('"""', '\\"\\"\\"')
    # A quote in front of the closing three would be read as one of them.
    quotes = '\\"' * (len(text) - len(body))
    return f'"""{kept}{quotes}"""'


def sql_text(sql: str) -> str:
    """Return SQL as `text()` must be given it, so that no colon makes a parameter."""
    return _PARAMETER.sub(r"\\\g<0>", _ESCAPED.sub(r"\\\g<0>", sql))
