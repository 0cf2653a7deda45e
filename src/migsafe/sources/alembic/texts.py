"""Texts that a revision puts together, known as a whole or in parts."""

from collections.abc import Callable, Mapping, Sequence

from migsafe.model.pattern import pattern
from migsafe.sources.alembic.plain import MANY, NotPlainError, compute, python_of, sequence_of
from migsafe.sources.alembic.values import (
    Arguments,
    EnumMember,
    FilePath,
    Hole,
    Items,
    Listed,
    Live,
    LiveKind,
    Pieces,
    SqlText,
    Unknown,
    Value,
    reason,
)

# A hole takes the place of one character while a text is worked on.
_FIRST = 0xF0000
_MOST_HOLES = 0xFFFD
_LONGEST = 2_000_000
_WIDE = pattern(r"\d{5,}")
_INTEGER = pattern(r"%(\(\w*\))?[di]")
_KEEPS_HOLES = frozenset(
    (
        *("strip", "lstrip", "rstrip", "lower", "upper", "title", "capitalize", "casefold"),
        *("replace", "removeprefix", "removesuffix"),
    )
)
_WHOLE = frozenset(
    (
        *("split", "rsplit", "splitlines", "partition", "rpartition", "startswith", "endswith"),
        *("find", "count", "index", "isdigit", "isidentifier", "isupper", "islower", "isalpha"),
        *("isalnum", "isspace", "zfill", "ljust", "rjust", "center", "swapcase"),
    )
)


class _Holes:
    """Texts with holes as strings, and back."""

    def __init__(self) -> None:
        self._holes: list[Hole] = []

    def string(self, value: Value, name: str = "…") -> str:
        """Return a value as it stands in a text; one character for what is not known."""
        if isinstance(value, Pieces):
            return "".join(
                self._hole(part) if isinstance(part, Hole) else part for part in value.parts
            )
        text = text_of(value)
        if text is not None:
            return text
        in_force = value == Live(LiveKind.SCHEMA)
        return self._hole(Hole(name, reason(value) or f"'{name}' is no text", in_force))

    def _hole(self, hole: Hole) -> str:
        self._holes.append(hole)
        return chr(_FIRST + min(len(self._holes) - 1, _MOST_HOLES))

    def value(self, text: str) -> Value:
        """Return a string as the text that it stands for."""
        if len(text) > _LONGEST:
            return Unknown("a text is too long")
        if not self._holes:
            return text
        parts: list[str | Hole] = []
        start = 0
        for at, character in enumerate(text):
            index = ord(character) - _FIRST
            if 0 <= index < len(self._holes):
                if at > start:
                    parts.append(text[start:at])
                parts.append(self._holes[index])
                start = at + 1
        if start == 0:
            return text
        if start < len(text):
            parts.append(text[start:])
        return Pieces(tuple(parts))


def text_of(value: Value) -> str | None:
    """Return a value as `str()` and an f-string show it, None if that is not known."""
    match value:
        case str():
            return value
        case SqlText(sql=sql):
            return sql
        case FilePath(path=path):
            return path
        case EnumMember(value=inner, is_text=True):
            return text_of(inner)
        case _:
            try:
                return str(python_of(value))
            except NotPlainError:
                return None


def concatenated(parts: Sequence[tuple[Value, str]]) -> Value:
    """Return values one after the other; each comes with what it is called in the file."""
    holes = _Holes()
    return holes.value("".join(holes.string(value, name) for value, name in parts))


def formatted(value: Value, conversion: int, spec: str) -> Value:
    """Return a value of an f-string with a conversion or a format."""
    if _WIDE.search(spec):
        return Unknown("a format is too wide")
    try:
        known = python_of(value)
        if conversion == ord("r"):
            known = repr(known)
        return format(known, spec)
    except NotPlainError as error:
        return Unknown(str(error))
    except (TypeError, ValueError):
        return Unknown("the format of an f-string is not read")


def percent(text: Value, value: Value, name: str) -> Value:
    """Return `text % value`; `name` is what the value is called in the file."""
    holes = _Holes()
    written = holes.string(text)
    if _WIDE.search(written):
        return Unknown("a format is too wide")
    written = _INTEGER.sub(lambda found: f"%{found[1] or ''}s", written)
    arguments: Mapping[str, str] | tuple[str, ...]
    match value:
        case Items(items=items):
            arguments = {str(key): holes.string(item, str(key)) for key, item in items}
        case Listed():
            arguments = (holes.string(value, name),)
        case tuple():
            arguments = tuple([holes.string(each, name) for each in value])
        case _:
            arguments = (holes.string(value, name),)
    try:
        return holes.value(written % arguments)
    except (TypeError, ValueError, KeyError):
        return Unknown("a format is not read")


def dedented(value: Value) -> Value:
    """Return a text without the indentation that all its lines share."""
    from textwrap import dedent  # noqa: PLC0415 - few revisions use it

    return _kept(value, dedent)


def _kept(value: Value, change: Callable[[str], str]) -> Value:
    if not isinstance(value, (str, Pieces)):
        return Unknown(reason(value) or "no text")
    holes = _Holes()
    return holes.value(change(holes.string(value)))


def text_method(text: str | Pieces, name: str, arguments: Arguments) -> Value:
    """Return what a method of a string gives."""
    if arguments.unknown is not None:
        return Unknown(arguments.unknown)
    match name:
        case "format" | "format_map":
            return _format(text, arguments, spread=name == "format_map")
        case "join":
            return _joined(text, arguments.at(0))
        case _ if name in _KEEPS_HOLES:
            return _changed(text, name, arguments)
        case "encode" | "decode":
            return text
        case _ if name in _WHOLE and isinstance(text, str):
            if any(isinstance(each, int) and each > MANY for each in arguments.positional):
                return Unknown("a text is too long")
            return compute(getattr(text, name), arguments)
        case _:
            return Unknown(reason(text) or f"'.{name}()' of a string is not read")


def _changed(text: str | Pieces, name: str, arguments: Arguments) -> Value:
    holes = _Holes()
    given = []
    for each in arguments.positional:
        if not isinstance(each, (str, Pieces, int, EnumMember)):
            return Unknown(reason(each) or "what a text is changed with is not known")
        given.append(each if isinstance(each, int) else holes.string(each))
    written = holes.string(text)
    if len(written) * (1 + sum(len(each) for each in given if isinstance(each, str))) > (
        10 * _LONGEST
    ):
        return Unknown("a text is too long")
    try:
        return holes.value(getattr(written, name)(*given))
    except (TypeError, ValueError):
        return Unknown(f"'.{name}()' of a string is not read")


def _joined(text: str | Pieces, given: Value) -> Value:
    sequence = sequence_of(given)
    if sequence is None:
        return Unknown(reason(given) or "what is joined is not known")
    holes = _Holes()
    return holes.value(holes.string(text).join([holes.string(each) for each in sequence]))


def _format(text: str | Pieces, arguments: Arguments, *, spread: bool) -> Value:
    holes = _Holes()
    written = holes.string(text)
    if _WIDE.search(written):
        return Unknown("a format is too wide")
    keywords = arguments.keywords
    given = arguments.at(0)
    if spread and isinstance(given, Items):
        keywords = tuple((str(key), item) for key, item in given.items)
    try:
        positional = [_of_format(holes, each, "…") for each in arguments.positional]
        named = {key: _of_format(holes, each, key) for key, each in keywords}
        return holes.value(written.format(*positional, **named))
    except (IndexError, KeyError, ValueError, AttributeError, TypeError):
        return Unknown("a format is not read")


def _of_format(holes: _Holes, value: Value, name: str) -> object:
    """Return an argument of `format`: as it is, so that `{0[a]}` and `{:d}` find their way."""
    try:
        return python_of(value)
    except NotPlainError:
        return holes.string(value, name)
