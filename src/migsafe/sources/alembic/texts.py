"""Texts that a revision puts together, known as a whole or in parts."""

import re
from collections.abc import Callable, Mapping, Sequence
from string import Formatter
from typing import Any

from migsafe.model.pattern import pattern
from migsafe.sources.alembic.plain import (
    LONGEST,
    MANY,
    NOT_SENT,
    NotPlainError,
    checked_spec,
    compute,
    is_sent,
    is_shown_as_held,
    ordered,
    python_of,
)
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
FIRST_MARK = 0xF0000
MOST_HOLES = 10_000
MARKS = pattern(r"[\U000f0000-\U000ffffd]")
_DIRECTIVE = pattern(
    r"%(?:\((?P<key>[^()]*)\))?(?P<how>[#0\- +]*(?:\d+|\*)?(?:\.(?:\d+|\*)?)?)[hlL]?(?P<kind>.)",
    re.DOTALL,
)
_PART_OF_FIELD = pattern(r"\.[^.\[]+|\[[^\]]+\]|^[^.\[]*")
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
        self._length = 0
        self._has_marks_of_others = False

    def string(self, value: Value, name: str = "…") -> str:
        """Return a value as it stands in a text; one character for what is not known."""
        if isinstance(value, Pieces):
            return "".join(
                self.mark(part) if isinstance(part, Hole) else self.known(part)
                for part in value.parts
            )
        text = text_of(value)
        if text is not None:
            return self.known(text)
        return self.mark(hole_of(value, name))

    def known(self, text: str) -> str:
        """Return a text that is known.

        Raises:
            NotPlainError: If all of them together are too long.
        """
        self.grows(len(text))
        if not is_sent(text):
            raise NotPlainError(NOT_SENT)
        if not text.isascii() and MARKS.search(text) is not None:
            self._has_marks_of_others = True
        return text

    def grows(self, by: int) -> None:
        """Note how much longer a text gets.

        Raises:
            NotPlainError: If it is too long then.
        """
        self._length += by
        if self._length > LONGEST:
            raise NotPlainError("a text is too long")

    def mark(self, hole: Hole) -> str:
        """Return the character that stands for what is not known."""
        if len(self._holes) == MOST_HOLES:
            raise NotPlainError("a text has too many parts that are not known")
        self._holes.append(hole)
        return chr(FIRST_MARK + len(self._holes) - 1)

    def value(self, text: str) -> Value:
        """Return a string as the text that it stands for."""
        if len(text) > LONGEST:
            return Unknown("a text is too long")
        if not self._holes:
            return text
        if self._has_marks_of_others:
            return Unknown(f"a text holds characters of private use; {self._holes[0].reason}")
        parts: list[str | Hole] = []
        start = 0
        for found in MARKS.finditer(text):
            if found.start() > start:
                parts.append(text[start : found.start()])
            parts.append(self._holes[ord(found[0]) - FIRST_MARK])
            start = found.end()
        if start == 0:
            return text
        if len(parts) > 2 * MOST_HOLES:
            return Unknown("a text has too many parts that are not known")
        if start < len(text):
            parts.append(text[start:])
        return Pieces(tuple(parts))


def hole_of(value: Value, name: str) -> Hole:
    """Return what stands in a text for a value that is not known."""
    in_force = value == Live(LiveKind.SCHEMA)
    return Hole(name, reason(value) or f"'{name}' is no text", in_force)


def text_of(value: Value) -> str | None:
    """Return a value that is a text, or what `str()` makes of it; None if not known."""
    if isinstance(value, EnumMember) and value.is_text:
        return text_of(value.value)
    return shown(value)


def shown(value: Value) -> str | None:
    """Return a value as `str()` and an f-string show it, None if that is not known."""
    match value:
        case str():
            return value
        case SqlText(sql=sql):
            return sql
        case FilePath(path=path):
            return path
        case EnumMember(value=inner, is_shown_as_text=True):
            return shown(inner)
        case _:
            try:
                return str(_shown_as(value))
            except (NotPlainError, ValueError, RecursionError):
                return None


def _shown_as(value: Value) -> Any:  # noqa: ANN401 - what Python's own functions are given
    """Return a value as Python's own data that looks the same.

    Raises:
        NotPlainError: If that is not known: members of an enum and sets look otherwise.
    """
    if not is_shown_as_held(value):
        raise NotPlainError("how a value is shown is not known")
    return python_of(value)


def concatenated(parts: Sequence[tuple[Value, str]]) -> Value:
    """Return values one after the other; each comes with what it is called in the file."""
    holes = _Holes()
    try:
        return holes.value("".join([holes.string(value, name) for value, name in parts]))
    except NotPlainError as error:
        return Unknown(str(error))


def formatted(value: Value, conversion: int, spec: Value, name: str) -> Value:
    """Return a value of an f-string as it stands there: a text, known or in parts."""
    if conversion in {-1, ord("s")} and spec == "":
        if isinstance(value, Pieces):
            return value
        text = shown(value)
        return Pieces((hole_of(value, name),)) if text is None else text
    if not isinstance(spec, str):
        return Pieces((Hole(name, reason(spec) or "the format is not known"),))
    try:
        known = _shown_as(value)
        return format(_converted(known, conversion), checked_spec(spec))
    except NotPlainError as error:
        return Pieces((Hole(name, str(error)),))
    except (TypeError, ValueError, ArithmeticError, RecursionError):
        return Pieces((Hole(name, "the format of an f-string is not read"),))


def _converted(value: object, conversion: int) -> object:
    match conversion:
        case 115:  # s
            return str(value)
        case 114:  # r
            return repr(value)
        case 97:  # a
            return ascii(value)
        case _:
            return value


class _Percent:
    """What stands on the right of `text % value`, as it is taken one after the other."""

    def __init__(self, holes: _Holes, value: Value, name: str) -> None:
        self._holes = holes
        self._value = value
        self._name = name
        self._left: list[Value] = [value]
        if isinstance(value, tuple) and not isinstance(value, Listed):
            self._left = list(reversed(value))

    @property
    def is_used_up(self) -> bool:
        """Whether Python would be content with what is left."""
        return not self._left or isinstance(self._value, (Items, Listed))

    def filled(self, found: re.Match[str]) -> str:
        """Return what comes into the place of `%s` and the like."""
        if found["kind"] == "%":
            if found[0] != "%%":
                raise ValueError
            return "%"
        if "*" in found["how"]:
            raise ValueError
        checked_spec(found["how"])
        value, name = self._taken(found["key"])
        if found["kind"] == "s" and not found["how"] and isinstance(value, Pieces):
            return self._holes.string(value)
        of = _of_format(value, name)
        if isinstance(of, _Unread):
            return self._holes.mark(hole_of(value, name))
        return self._holes.known(f"%{found['how']}{found['kind']}" % (of,))

    def _taken(self, key: str | None) -> tuple[Value, str]:
        if key is None:
            return self._left.pop(), self._name
        if not isinstance(self._value, Items):
            raise TypeError
        return _of_key(self._value, key), key


def percent(text: Value, value: Value, name: str) -> Value:
    """Return `text % value`; `name` is what the value is called in the file."""
    holes = _Holes()
    given = _Percent(holes, value, name)
    try:
        written = holes.string(text)
        done = _DIRECTIVE.sub(given.filled, written)
    except NotPlainError as error:
        return Unknown(str(error))
    except (TypeError, ValueError, KeyError, IndexError, ArithmeticError, RecursionError):
        return Unknown("a format is not read")
    if "%" in _DIRECTIVE.sub("", written) or not given.is_used_up:
        return Unknown("a format is not read")
    return holes.value(done)


def _of_key(held: Items, key: str) -> Value:
    for each, item in reversed(held.items):
        if each == key and isinstance(each, str):
            return item
        if reason(each) is not None:
            raise NotPlainError("a key of a dictionary is not known")
    raise KeyError(key)


def dedented(value: Value) -> Value:
    """Return a text without the indentation that all its lines share."""
    from textwrap import dedent  # noqa: PLC0415 - few revisions use it

    return _kept(value, dedent)


def _kept(value: Value, change: Callable[[str], str]) -> Value:
    if not isinstance(value, (str, Pieces)):
        return Unknown(reason(value) or "no text")
    holes = _Holes()
    try:
        return holes.value(change(holes.string(value)))
    except NotPlainError as error:
        return Unknown(str(error))


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
        case "encode" if isinstance(text, str):
            return compute(text.encode, arguments)
        case "decode":
            # What a file holds is a text here, however it was read.
            return text
        case _ if name in _WHOLE and isinstance(text, str):
            if any(isinstance(each, int) and each > MANY for each in arguments.positional):
                return Unknown("a text is too long")
            return compute(getattr(text, name), arguments)
        case _:
            return Unknown(reason(text) or f"'.{name}()' of a string is not read")


def _changed(text: str | Pieces, name: str, arguments: Arguments) -> Value:
    if isinstance(text, str) and all(
        isinstance(each, (str, int, type(None))) for each in arguments.positional
    ):
        if name == "replace" and not _is_short(text, arguments.positional):
            return Unknown("a text is too long")
        return compute(getattr(text, name), arguments)
    holes = _Holes()
    try:
        given: list[Any] = []
        for each in arguments.positional:
            if not isinstance(each, (str, Pieces, int, EnumMember)):
                return Unknown(reason(each) or "what a text is changed with is not known")
            given.append(each if isinstance(each, int) else holes.string(each))
        written = holes.string(text)
        if arguments.keywords or not _is_short(written, given):
            return Unknown(f"'.{name}()' of a string is not read")
        if not _is_apart(written, name, given):
            return Unknown(reason(text) or "what a text is changed with is not known")
        return holes.value(getattr(written, name)(*given))
    except NotPlainError as error:
        return Unknown(str(error))
    except (TypeError, ValueError):
        return Unknown(f"'.{name}()' of a string is not read")


def _is_short(text: str, given: Sequence[Value]) -> bool:
    widest = max((len(each) for each in given if isinstance(each, str)), default=0)
    return (len(text) + 1) * (1 + widest) <= 10 * LONGEST


def _is_apart(text: str, name: str, given: Sequence[Any]) -> bool:
    """Return whether what a method changes cannot lie half in a part that is not known."""
    if name in {"title", "capitalize", "casefold"}:
        return False
    wanted = given[0] if given and isinstance(given[0], str) else ""
    if MARKS.search(wanted):
        return False
    if name in {"removeprefix", "removesuffix"}:
        edge = text[: len(wanted)] if name == "removeprefix" else text[-len(wanted) :]
        return MARKS.search(edge) is None
    if name != "replace":
        return True
    if not wanted:
        return False
    return not any(
        before.endswith(wanted[:cut]) or after.startswith(wanted[cut:])
        for before, after in _around_marks(text, len(wanted))
        for cut in range(1, len(wanted))
    )


def _around_marks(text: str, width: int) -> list[tuple[str, str]]:
    """Return what stands before and after each part that is not known."""
    return [
        (text[max(0, found.start() - width) : found.start()], text[found.end() :][:width])
        for found in MARKS.finditer(text)
    ]


def _joined(text: str | Pieces, given: Value) -> Value:
    sequence = ordered(given)
    if sequence is None:
        return Unknown(reason(given) or "what is joined is not known")
    if any(isinstance(each, (bool, int, float, bytes, type(None), Items)) for each in sequence):
        return Unknown("what is joined is no text")
    holes = _Holes()
    try:
        parts = [holes.string(each) for each in sequence]
        between = holes.string(text)
        holes.grows(len(between) * len(parts))
        return holes.value(between.join(parts))
    except NotPlainError as error:
        return Unknown(str(error))


class _Unread:
    """An argument of a format that is not known."""

    def __init__(self, value: Value, name: str) -> None:
        self.value = value
        self.name = name


class _Filling(Formatter):
    """Python's own formatting, of values of which some are not known."""

    def __init__(self, holes: _Holes) -> None:
        self._holes = holes

    def get_field(
        self, field_name: str, args: Sequence[Any], kwargs: Mapping[str, Any]
    ) -> tuple[Any, int | str]:
        """Return what a field names; attributes of Python's own objects are none of it."""
        first, *rest = _PART_OF_FIELD.findall(field_name)
        key: int | str = int(first) if first.isdigit() else first
        held = self.get_value(key, args, kwargs)
        for part in rest:
            if part.startswith("."):
                raise ValueError(part)
            if not isinstance(held, _Unread):
                index = part[1:-1]
                held = held[int(index) if index.isdigit() else index]
        if "".join((first, *rest)) != field_name:
            raise ValueError(field_name)
        return held, key

    def convert_field(self, value: Any, conversion: str | None) -> Any:  # noqa: ANN401 - Formatter's
        """Return a value after `!r` and the like."""
        if isinstance(value, _Unread):
            return value
        return super().convert_field(value, conversion)

    def format_field(self, value: Any, format_spec: str) -> str:  # noqa: ANN401 - Formatter's
        """Return a value as it stands in the text."""
        if isinstance(value, _Unread):
            if not format_spec and isinstance(value.value, Pieces):
                return self._holes.string(value.value)
            return self._holes.mark(hole_of(value.value, value.name))
        return self._holes.known(format(value, checked_spec(format_spec)))


def _format(text: str | Pieces, arguments: Arguments, *, spread: bool) -> Value:
    holes = _Holes()
    keywords = arguments.keywords
    if spread:
        given = arguments.at(0)
        if not isinstance(given, Items):
            return Unknown(reason(given) or "a format is not read")
        keywords = tuple((key, item) for key, item in given.items if isinstance(key, str))
        if len(keywords) != len(given.items):
            return Unknown("a key of a dictionary is not known")
    try:
        positional = [_of_format(each, "…") for each in arguments.positional]
        named = {key: _of_format(each, key) for key, each in keywords}
        written = holes.string(text)
        return holes.value(_Filling(holes).vformat(written, positional, named))
    except NotPlainError as error:
        return Unknown(str(error))
    except (
        *(IndexError, KeyError, ValueError, AttributeError, TypeError, ArithmeticError),
        RecursionError,
    ):
        return Unknown("a format is not read")


def _of_format(value: Value, name: str) -> object:
    """Return an argument of `format`: as it is, so that `{0[a]}` and `{:d}` find their way."""
    if isinstance(value, (SqlText, FilePath, EnumMember)):
        text = shown(value)
        return _Unread(value, name) if text is None else text
    try:
        return _shown_as(value)
    except NotPlainError:
        return _Unread(value, name)
