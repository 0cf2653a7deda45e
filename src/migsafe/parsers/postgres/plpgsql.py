"""Bodies in PL/pgSQL and SQL: the statements in them, at their places.

The control structures are followed with a light descent over tokens; what stands between
them is read with the server's own grammar. A text for EXECUTE is read where it is put
together from constants.
"""

from collections.abc import Callable, Collection, Mapping, Sequence

from migsafe.model.operations import (
    CallRoutine,
    Cause,
    Commit,
    Operation,
    Rollback,
    Unrecognized,
)
from migsafe.model.pattern import pattern
from migsafe.model.record import replace
from migsafe.parsers import postgres
from migsafe.parsers.postgres.constants import Value, constant
from migsafe.parsers.postgres.program import Program, Step
from migsafe.parsers.split import PieceKind, split
from migsafe.parsers.tokens import Token, tokens
from migsafe.writing import quoting

_MOST_ROUNDS = 100
"""Rounds of a loop over constants that are read one by one."""
_MOST_IN_ALL = 1_000
"""Rounds of all loops of a body, those inside of others counted each time."""

_MOST_KNOWN = 250
"""Variables whose values are kept at a time: each statement costs as many steps."""
_SAYS_ONLY = frozenset({"debug", "log", "info", "notice", "warning"})
_NAMED = pattern(r"\s*\w+\s*=>\s*")
_QUIET = frozenset({"fetch", "move", "close", "exit", "continue", "null", "get"})
_READS_INTO = frozenset({"select", "with", "insert", "update", "delete", "merge", "values"})


class _NotFollowedError(Exception):
    """The body is not built as PL/pgSQL is."""


def read(body: str, values: Mapping[str, Value]) -> Program:
    """Return what a body in PL/pgSQL does.

    Args:
        body: The text of the body.
        values: The parameters whose values are known.
    """
    walk = _Walk(body, dict(values))
    try:
        walk.whole()
    except _NotFollowedError:
        reason = "the control structures of its body could not be followed"
        return Program(
            (Step(Unrecognized(Cause.DYNAMIC, reason, body), 0, len(body)),), raises=True
        )
    return Program(tuple(walk.steps), walk.raises)


def read_plain(body: str) -> Program:
    """Return what a body in SQL does, also one of BEGIN ATOMIC or RETURN."""
    start, end = 0, len(body)
    found = list(tokens(body))
    first = [body[token.start : token.end].lower() for token in found[:2]]
    if first == ["begin", "atomic"]:
        start, end = found[1].end, found[-1].start
    steps: list[Step] = []
    inner = body[start:end]
    if first[:1] == ["return"]:
        inner = f"SELECT{inner[6:]}"
    for piece in split(inner).pieces:
        if piece.kind in {PieceKind.STATEMENT, PieceKind.UNTERMINATED}:
            steps += [
                Step(part.operation, start + piece.start, start + piece.end)
                for part in postgres.read_parts(inner[piece.start : piece.end])
            ]
    return Program(tuple(steps))


class _Walk:
    """A descent over one body: where it stands, what it has read, what it knows."""

    def __init__(self, body: str, values: dict[str, Value]) -> None:
        self.body = body
        self.values = values
        self.tokens = list(tokens(body))
        self.words = [body[token.start : token.end].lower() for token in self.tokens]
        self.at = 0
        self.steps: list[Step] = []
        self.certain = True
        self.raises = False
        self.cursors: set[str] = set()
        self.records: set[str] = set()
        self.left = _MOST_IN_ALL
        self.assigned = _assigned(self.words)

    # --- structure ---------------------------------------------------------------------

    def whole(self) -> None:
        while self._word() == "#":
            self.at += 3
        self._label()
        self._block()
        if self._word():
            raise _NotFollowedError

    def _word(self, ahead: int = 0) -> str:
        at = self.at + ahead
        return self.words[at] if at < len(self.words) else ""

    def _take(self, *expected: str) -> None:
        for word in expected:
            if self._word() != word:
                raise _NotFollowedError
            self.at += 1

    def _label(self) -> None:
        if self.words[self.at : self.at + 2] == ["<", "<"]:
            self.at += 3
            self._take(">", ">")

    def _block(self) -> None:
        outer = dict(self.values)
        declared: set[str] = set()
        if self._word() == "declare":
            self.at += 1
            while self._word() != "begin":
                declared.add(self._word())
                self._declaration()
        self._take("begin")
        first, start = len(self.steps), self.at
        self._statements("exception", "end")
        if self._word() == "exception":
            # Nobody knows how far it came.
            self._forget(_assigned(self.words[start : self.at]))
            self.at += 1
            self.steps[first:] = [replace(step, guarded=True) for step in self.steps[first:]]
            while self._word() == "when":
                self._until("then")
                self.at += 1
                self._branch(lambda: self._statements("when", "end"))
        self._ended()
        self._forget(declared)
        self.values |= {name: value for name, value in outer.items() if _is_of(name, declared)}

    def _forget(self, names: Collection[str]) -> None:
        """Forget the values of variables, and of their fields."""
        self.values = {
            name: value for name, value in self.values.items() if not _is_of(name, names)
        }

    def _ended(self, *what: str) -> None:
        """Go past END, what it ends, the label it repeats and the semicolon."""
        self._take("end", *what)
        if self._word() not in {";", ""}:
            self.at += 1
        if self._word():
            self._take(";")

    def _statements(self, *stops: str) -> None:
        while self._word() not in stops:
            if not self._word():
                raise _NotFollowedError
            self._statement()

    def _statement(self) -> None:
        self._label()
        match self._word():
            case ";":
                self.at += 1
            case "declare" | "begin":
                self._block()
            case "if":
                self._if()
            case "case":
                self._case()
            case "loop":
                self._loop()
            case "while":
                self.at += 1
                self._expression(*self._until("loop"))
                self._loop()
            case "for":
                self._for()
            case "foreach":
                self._foreach()
            case _:
                self._simple()

    def _branch(self, inside: Callable[[], None]) -> None:
        """Read what may not run, and forget the values that it changes."""
        before, self.certain = self.certain, False
        values = dict(self.values)
        inside()
        self.certain = before
        self.values = {
            name: value for name, value in values.items() if self.values.get(name) == value
        }

    def _until(self, word: str) -> tuple[int, int]:
        """Go to a word of the same statement; return the range of characters before it."""
        first, nested = self.at, 0
        depth = self.tokens[first].depth if first < len(self.tokens) else 0
        while self._word() != word or nested or self.tokens[self.at].depth != depth:
            if not self._word():
                raise _NotFollowedError
            nested += (self._word() == "case") - (self._word() == "end")
            self.at += 1
        return self._range(first, self.at)

    def _range(self, first: int, stop: int) -> tuple[int, int]:
        if first >= stop:
            raise _NotFollowedError
        return self.tokens[first].start, self.tokens[stop - 1].end

    def _if(self) -> None:
        while self._word() in {"if", "elsif", "elseif"}:
            self.at += 1
            self._expression(*self._until("then"))
            self.at += 1
            self._branch(lambda: self._statements("elsif", "elseif", "else", "end"))
        if self._word() == "else":
            self.at += 1
            self._branch(lambda: self._statements("end"))
        self._ended("if")

    def _case(self) -> None:
        self.at += 1
        if self._word() != "when":
            self._expression(*self._until("when"))
        while self._word() == "when":
            self.at += 1
            self._expression(*self._until("then"))
            self.at += 1
            self._branch(lambda: self._statements("when", "else", "end"))
        if self._word() == "else":
            self.at += 1
            self._branch(lambda: self._statements("end"))
        self._ended("case")

    # --- loops -------------------------------------------------------------------------

    def _loop(self) -> None:
        self._forget(self.assigned)
        self._take("loop")
        self._branch(lambda: self._statements("end"))
        self._ended("loop")

    def _rounds(self, variable: str, rounds: Sequence[Mapping[str, Value]]) -> None:
        """Read the body of a loop once for each value of its variable."""
        first = self.at
        self.left -= len(rounds)
        for values in rounds:
            self.at = first
            self._take("loop")
            self._forget({*self.assigned, variable})
            self.values |= values
            self._statements("end")
            self._ended("loop")
        self._forget({variable})

    def _may_unroll(self, rounds: Sequence[object]) -> bool:
        return 0 < len(rounds) <= min(_MOST_ROUNDS, self.left)

    def _for(self) -> None:
        self.at += 1
        variable = self._word()
        self._until("in")
        self.at += 1
        first = self.at
        start, end = self._until("loop")
        text = self.body[start:end]
        numbers = _numbers(text, self.values)
        if self._may_unroll(numbers):
            self._rounds(variable, [{variable: number} for number in numbers])
            return
        from migsafe.parsers.postgres.listing import rows  # noqa: PLC0415  few bodies loop

        listed = rows(text, self.values) if self.words[first - 2] == variable else ()
        if self._may_unroll(listed) and len(listed[0]) < _MOST_KNOWN:
            fields = [{f"{variable}.{name}": text for name, text in row} for row in listed]
            whole: list[Mapping[str, Value]] = [{variable: row[0][1]} for row in listed]
            self._rounds(variable, fields if variable in self.records else whole)
            return
        self._forget({variable})
        dots = text.find("..")
        if dots != -1:
            self._expression(start, start + dots)
            self._expression(start + dots + 2, end)
        elif self.words[first] == "execute":
            self._dynamic(first)
        elif self.words[first] not in self.cursors:
            self._sql(start, end)
        self._loop()

    def _foreach(self) -> None:
        self.at += 1
        variable = self._word()
        sliced = self._word(1) == "slice"
        self._until("in")
        self._take("in", "array")
        start, end = self._until("loop")
        value = None if sliced else constant(self.body[start:end], self.values)
        if isinstance(value, tuple) and self._may_unroll(value):
            self._rounds(variable, [{variable: each} for each in value])
            return
        self._forget({variable})
        self._expression(start, end)
        self._loop()

    # --- statements --------------------------------------------------------------------

    def _declaration(self) -> None:
        first = self.at
        _, end = self._until(";")
        words = self.words[first : self.at]
        self.at += 1
        name = words[0]
        self._forget({name})
        if "record" in words[1:2]:
            self.records.add(name)
        else:
            self.records.discard(name)
        if "cursor" in words[1:4]:
            self.cursors.add(name)
            for_ = next((at for at, word in enumerate(words) if word in {"for", "is"}), None)
            if for_ is not None:
                self._sql(self.tokens[first + for_].end, end)
            return
        given = next((at for at, word in enumerate(words) if word in {"default", "="}), None)
        if given is not None:
            self._assign(name, self.tokens[first + given].end, end)

    def _simple(self) -> None:
        first = self.at
        start, end = self._until(";")
        stop = self.at
        self.at += 1
        word, second = self.words[first], self.words[first + 1]
        match word:
            case "raise":
                self.raises = self.raises or second not in _SAYS_ONLY
            case "return":
                self._return(first, end)
            case "assert":
                self.raises = True
                self._expression(self.tokens[first].end, end)
            case "perform":
                # Words of one length: what is read keeps its place.
                self._read(f"SELECT {self.body[start + 7 : end]}", start, start, end)
            case "execute":
                self._dynamic(first, stop)
            case "open":
                self._open(first, stop, end)
            case "commit" | "rollback":
                self._add(Commit() if word == "commit" else Rollback(), start, end)
            case _ if word in _QUIET:
                pass
            case _:
                if self._assigns(first, stop, start, end):
                    return
        words = self.words[first:stop]
        # CALL gives back what it likes in its arguments.
        self._forget({*_assigned(words), *(words if word == "call" else ())})

    def _assigns(self, first: int, stop: int, start: int, end: int) -> bool:
        """Read an assignment or SQL; say whether it is one to a whole variable."""
        sign = self._sign(first, stop)
        if sign is None:
            self._sql(start, end)
            return False
        plain = sign - first <= 1 or self.words[first + 1] == ":"
        self._assign(self.words[first] if plain else None, self.tokens[sign].end, end)
        return plain

    def _sign(self, first: int, stop: int) -> int | None:
        """Return where the `=` of an assignment stands, None if it is no assignment."""
        at = first + 1
        while at < stop and self.words[at] in {".", "["}:
            depth = self.tokens[at].depth
            at += 1
            if self.words[at - 1] == "[":
                while at < stop and self.tokens[at].depth > depth:
                    at += 1
            at += 1
        if self.words[at] == ":" and self.words[at + 1] == "=":
            return at + 1
        return at if self.words[at] == "=" else None

    def _assign(self, name: str | None, start: int, end: int) -> None:
        self._expression(start, end)
        if name is None:
            return
        value = constant(self.body[start:end], self.values)
        self._forget({name})
        if value is not None and len(self.values) < _MOST_KNOWN:
            self.values[name] = value

    def _return(self, first: int, end: int) -> None:
        second, third = self.words[first + 1], self.words[first + 2 : first + 3]
        if second == "query" and third == ["execute"]:
            self._dynamic(first + 2, self.at - 1)
        elif second == "query":
            self._sql(self.tokens[first + 1].end, end)
        elif second not in {"next", ";"}:
            self._expression(self.tokens[first].end, end)

    def _open(self, first: int, stop: int, end: int) -> None:
        for at in range(first, stop):
            if self.words[at] == "for":
                if self.words[at + 1] == "execute":
                    self._dynamic(at + 1, stop)
                else:
                    self._sql(self.tokens[at].end, end)
                return

    # --- SQL ---------------------------------------------------------------------------

    def _add(self, operation: Operation, start: int, end: int) -> None:
        self.steps.append(Step(operation, start, end, self.certain))

    def _read(self, sql: str, offset: int, start: int, end: int) -> None:
        """Read a text that stands at `offset`, and add what it does."""
        told = self._told(sql)
        if told is not None:
            for part in postgres.read_parts(told):
                self._add(part.operation, start, end)
            return
        for part in postgres.read_parts(sql):
            self._add(part.operation, max(start, offset + part.start), min(end, offset + part.end))

    def _told(self, sql: str) -> str | None:
        """Return a SELECT of one call with the values of known variables in its arguments.

        None is any other statement, and one whose arguments show what they are.
        """
        found = list(tokens(sql))
        words = [sql[token.start : token.end] for token in found]
        opening = words.index("(") if "(" in words else 0
        name = words[1:opening]
        alone = (
            words[0].lower() == "select"
            and bool(name)
            and all(part == "." for part in name[1::2])
            and len(name) % 2 == 1
            and [at for at, token in enumerate(found) if token.depth == 0][opening + 1 :]
            == [len(found) - 1]
        )
        if not alone:
            return None
        commas = [t.start for t in found if t.depth == 1 and sql[t.start : t.end] == ","]
        starts = [found[opening].end, *(at + 1 for at in commas)]
        ends = [*commas, found[-1].start]
        written = [sql[a:b] for a, b in zip(starts, ends, strict=True)]
        given = [self._value(each) for each in written]
        return None if given == written else f"{sql[: found[opening].end]}{', '.join(given)})"

    def _value(self, argument: str) -> str:
        """Return an argument as a literal where variables that are known make it one."""
        named = _NAMED.match(argument)
        start = 0 if named is None else named.end()
        value = constant(argument[start:], self.values)
        if not isinstance(value, str) or constant(argument[start:], {}) is not None:
            return argument
        return argument[:start] + quoting.literal(value)

    def _expression(self, start: int, end: int) -> None:
        """Read an expression where it may run something: a function or a query."""
        text = self.body[start:end]
        if "(" in text and constant(text, self.values) is None:
            self._read(f"SELECT {text}", start - 7, start, end)

    def _sql(self, start: int, end: int) -> None:
        self._read(_without_targets(self.body[start:end]), start, start, end)

    def _dynamic(self, first: int, stop: int | None = None) -> None:
        """Read what EXECUTE runs, from its word to `stop`."""
        stop = self.at if stop is None else stop
        start, end = self._range(first, stop)
        depth = self.tokens[first].depth
        last = next(
            (
                at
                for at in range(first + 1, stop)
                if self.words[at] in {"into", "using"} and self.tokens[at].depth == depth
            ),
            stop,
        )
        given = self.body[slice(*self._range(first + 1, last))]
        before = len(self.steps)
        text = constant(given, self.values)
        if isinstance(text, str):
            for piece in split(text).pieces:
                if piece.kind in {PieceKind.STATEMENT, PieceKind.UNTERMINATED}:
                    for part in postgres.read_parts(text[piece.start : piece.end]):
                        self._add(part.operation, start, end)
            return
        self._expression(*self._range(first + 1, last))
        called = self.steps[-1].operation if len(self.steps) > before else None
        routine = called.routine if isinstance(called, CallRoutine) else None
        unread = Unrecognized(Cause.DYNAMIC, f"EXECUTE {given}", self.body[start:end])
        self.steps.append(Step(unread, start, end, self.certain, returned_by=routine))


def _is_of(name: str, variables: Collection[str]) -> bool:
    """Say whether a name is one of these variables, or a field of one."""
    return any(part in variables for part in name.split("."))


def _assigned(words: list[str]) -> frozenset[str]:
    """Return the words that some statement may assign to."""
    found: set[str] = set()
    for at, word in enumerate(words):
        if word == "=":
            found.add(words[at - 2] if words[at - 1] == ":" else words[at - 1])
        elif word == "into":
            following = at + 1 + (words[at + 1 : at + 2] == ["strict"])
            while following < len(words):
                found.add(words[following])
                if words[following + 1 : following + 2] != [","]:
                    break
                following += 2
    return frozenset(found)


def _numbers(header: str, values: Mapping[str, Value]) -> tuple[str, ...]:
    """Return the numbers of `FOR i IN 1..8`, nothing where they are not known or many."""
    low, dots, high = header.partition("..")
    if not dots:
        return ()
    ends = [constant(each, values) for each in (low, high)]
    known = [int(each) for each in ends if isinstance(each, str) and each.isdecimal()]
    if len(known) != len(ends) or known[1] - known[0] >= _MOST_ROUNDS:
        return ()
    return tuple([str(number) for number in range(known[0], known[1] + 1)])


def _without_targets(sql: str) -> str:
    """Return a statement without the variables that INTO fills; every other place stays."""
    found = list(tokens(sql))
    words = [sql[token.start : token.end].lower() for token in found]
    if words[0] not in _READS_INTO:
        return sql
    for at, word in enumerate(words):
        if word == "into" and found[at].depth == 0 and words[at - 1] not in {"insert", "merge"}:
            end = found[_targets_end(found, words, at + 1)].end
            return sql[: found[at].start] + " " * (end - found[at].start) + sql[end:]
    return sql


def _targets_end(found: list[Token], words: list[str], at: int) -> int:
    """Return the last token of a list of variables."""
    at += words[at : at + 1] == ["strict"]
    while at + 1 < len(words):
        if words[at + 1] in {".", ","}:
            at += 2
        elif words[at + 1] == "[":
            at = next(
                (
                    after
                    for after in range(at + 2, len(words))
                    if found[after].depth == found[at + 1].depth
                ),
                len(words) - 1,
            )
        else:
            break
    return min(at, len(words) - 1)
