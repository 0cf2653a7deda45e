"""Programs as they occur in revisions, generated from a seed.

Each ends in calls of `op.drop_table` with names that are built from its values. Nothing in
them depends on a run but `CHANCE`, which no reader of the text can know.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass, field

HEAD = """\
import os
import enum
import itertools
import copy
from functools import partial
from textwrap import dedent

CHANCE = os.environ.get("CHANCE", "heads")
NAMES = ["users", "orders"]
TABLES = {"users": ["id", "mail"], "orders": ["id"]}
PREFIX = "app"
SHARED = NAMES
COUNT = 0


class Kind(enum.Enum):
    SMALL = "s"
    LARGE = "l"


class Text(str, enum.Enum):
    ONE = "one"
    TWO = "two"


class Table:
    prefix = "t"
    seen = []

    def __init__(self, name, columns=None):
        self.name = name
        self.columns = columns or []

    def add(self, column):
        self.columns.append(column)
        self.seen.append(column)
        return self

    @property
    def full(self):
        return f"{self.prefix}_{self.name}"

    def shown(self):
        return self.full + "(" + ",".join(self.columns) + ")"


def joined(values, by="-"):
    return by.join(str(value) for value in values)


def collected(value, into=[]):
    into.append(value)
    return into


def grown(values, value):
    values.append(value)
    return values


def early(value):
    if value == "users":
        return "first"
    for letter in value:
        if letter == "r":
            return letter
    return value.upper()


def counted():
    global COUNT
    COUNT += 1
    return COUNT


def numbers(limit):
    for number in range(limit):
        yield number


def perhaps(values):
    if CHANCE == "heads":
        return values
    values.append("tails")
    return values


def maker(value):
    held = [value]

    def add(more):
        held.append(more)
        return list(held)

    return add
"""


@dataclass
class _Names:
    """The names that a piece of code may use, by what they hold."""

    texts: list[str] = field(default_factory=lambda: ["PREFIX"])
    numbers: list[str] = field(default_factory=list)
    lists: list[str] = field(default_factory=lambda: ["NAMES", "SHARED"])
    dicts: list[str] = field(default_factory=list)
    objects: list[str] = field(default_factory=list)
    functions: list[str] = field(default_factory=list)

    def copy(self) -> "_Names":
        """Return the same names, for a block of their own."""
        return _Names(*(list(each) for each in vars(self).values()))


class _Writer:
    """Writes one program."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self._lines: list[str] = []
        self._names = _Names()
        self._count = 0

    def text(self) -> str:
        """Return the program."""
        self._block("    ", self._random.randint(6, 12), 0)
        for kind in ("texts", "numbers", "lists", "dicts", "objects"):
            for name in getattr(self._names, kind)[-3:]:
                self._drop("    ", self._shown(kind, name))
        return f"{HEAD}\n\ndef upgrade():\n" + "\n".join(self._lines) + "\n"

    # --- pieces -----------------------------------------------------------------------

    def _pick(self, values: list[str]) -> str:
        return self._random.choice(values)

    def _new(self, kind: str) -> str:
        self._count += 1
        name = f"{kind[0]}{self._count}"
        getattr(self._names, kind).append(name)
        return name

    def _write(self, indent: str, line: str) -> None:
        self._lines.append(f"{indent}{line}")

    def _drop(self, indent: str, value: str) -> None:
        self._count += 1
        self._write(indent, f'op.drop_table(f"{self._count}:" + {value})')

    def _shown(self, kind: str, name: str) -> str:
        match kind:
            case "texts":
                return name
            case "objects":
                return f"{name}.shown()"
            case "dicts":
                return self._pick(
                    [f"str({name})", f"','.join(f'{{k}}={{v}}' for k, v in {name}.items())"]
                )
            case _:
                return self._pick([f"str({name})", f"f'{{{name}}}'", f"'%s' % ({name},)"])

    def _expression(self, kind: str, depth: int = 0) -> str:
        return {
            "texts": self._a_text,
            "numbers": self._a_number,
            "lists": self._a_list,
            "dicts": self._a_dict,
        }[kind](depth + 1)

    def _literal(self, kind: str) -> str:
        match kind:
            case "texts":
                return repr(self._pick(["a", "users", "b c", "Xy", "", "r-s"]))
            case "numbers":
                return str(self._random.randint(-3, 7))
            case "lists":
                return self._pick(["['a', 'b']", "[]", "['users']", "['c', 'a', 'b']"])
            case _:
                return self._pick(["{'a': 'x', 'b': 'y'}", "{}", "{'users': 'u'}"])

    def _any(self, kind: str, depth: int) -> str:
        names = getattr(self._names, kind)
        if names and self._random.random() < 0.7:
            return self._pick(names)
        if depth > 2:
            return self._literal(kind)
        return self._expression(kind, depth)

    def _condition(self, depth: int = 0) -> str:
        text, number = self._any("texts", depth), self._any("numbers", depth)
        values, held = self._any("lists", depth), self._any("dicts", depth)
        return self._pick(
            [
                f"{text} == {self._any('texts', depth)}",
                f"{number} > {self._any('numbers', depth)}",
                f"0 <= {number} < 5",
                f"{text} in {values}",
                f"{text} not in {held}",
                f"not {values}",
                f"len({values}) > 1 and {text} != 'a'",
                f"{text} or {values}",
                f"isinstance({text}, str)",
                f"{values} is {self._pick(self._names.lists)}",
                f"any(x == 'a' for x in {values})",
                f"{text}.startswith('u')",
                *(self._pick(["CHANCE == 'heads'", "CHANCE == 'tails'", "True"]) for _ in "a"),
            ]
        )

    def _a_text(self, depth: int) -> str:
        one, two = self._any("texts", depth), self._any("texts", depth)
        number, values = self._any("numbers", depth), self._any("lists", depth)
        held = self._any("dicts", depth)
        choices = [
            f"{one} + {two}",
            f"f'{{{self._pick(self._names.texts)}}}_{{{number}:>3}}'",
            f"f'{{{self._pick(self._names.texts)}!r}}'",
            f"'%s|%d' % ({one}, {number})",
            "'%(a)s' % " + f"{{'a': {one}}}",
            f"'{{}}-{{:03d}}'.format({one}, {number})",
            f"'{{x[0]}}{{y!s}}'.format(x={values} or ['e'], y={number})",
            f"{one}.upper()",
            f"{one}.replace('a', {two})",
            f"{one}[::-1]",
            f"{one}[{self._random.randint(-3, 3)}:]",
            f"{one}[1:{self._random.randint(-3, 4)}:{self._pick(['1', '2', '-1'])}]",
            f"'-'.join({values})",
            f"joined({values})",
            f"joined({values}, by={one})",
            f"{held}.get({one}, {two})",
            f"({values} or ['z'])[0]",
            f"({values} + ['z'])[-1]",
            f"({one} if {self._condition(depth)} else {two})",
            f"({one} or {two})",
            f"({one} and {two})",
            f"early({one})",
            f"str({values})",
            f"str({number} // 2) + str({number} % -3)",
            f"str(sorted({values}, key=lambda x: (x[::-1])))",
            f"next(iter({values}), 'none')",
            f"str({held}.pop({one}, 'gone'))" if self._names.dicts else one,
            f"{held}.setdefault({one}, {two})",
            f"str(list(zip({values}, range(3))))",
            f"str(max([{one}, {two}]))",
            "Kind.LARGE.value",
            "Kind('s').name",
            "Text.ONE.value + 'x'",
            "str([kind.value for kind in Kind])",
            f"(w := {one}) + w",
            f"str([*{values}, {one}])",
            f"str({{**{held}, 'k': {one}}})",
            f"str({values}.count('a'))",
            f"dedent({one})",
            "str(counted())",
            f"str([x + y for x in {values} for y in 'ab' if x != y])",
            f"str({{x: len(x) for x in {values}}})",
            f"str(list(numbers({self._random.randint(0, 3)})))",
            f"str(collected({one}))",
            f"str(dict(itertools.product({values}, 'xy')))",
        ]
        if self._names.objects:
            held = self._pick(self._names.objects)
            choices += [f"{held}.full", f"str({held}.columns)", f"{held}.add({one}).shown()"]
        if self._names.functions:
            choices += [f"str({self._pick(self._names.functions)}({one}))"] * 4
        return self._pick(choices)

    def _a_number(self, depth: int) -> str:
        one, two = self._any("numbers", depth), self._any("numbers", depth)
        return self._pick(
            [
                f"{one} + {two}",
                f"{one} - {two}",
                f"{one} * 2",
                f"{one} // 3",
                f"{one} % 4",
                f"-{one}",
                f"len({self._any('lists', depth)})",
                f"len({self._any('texts', depth)})",
                f"sum(range({self._random.randint(0, 4)}))",
                f"abs({one})",
                f"min({one}, {two})",
                f"int({one} > {two})",
                f"({one} or {two})",
            ]
        )

    def _a_list(self, depth: int) -> str:
        one, two = self._any("lists", depth), self._any("lists", depth)
        text, held = self._any("texts", depth), self._any("dicts", depth)
        return self._pick(
            [
                f"{one} + {two}",
                f"{one} * 2",
                f"[{text}]",
                f"[{text}, *{one}]",
                f"list({one})",
                f"{one}[:]",
                f"{one}[::-1]",
                f"[x for x in {one} if x != {text}]",
                f"[x + {text} for x in {one}]",
                f"sorted({one})",
                f"list(reversed({one}))",
                f"list({held})",
                f"list({held}.values())",
                f"{text}.split('-')",
                f"list(map(str.upper, {one}))",
                f"list(filter(None, {one}))",
                f"[f'{{i}}{{x}}' for i, x in enumerate({one}, 1)]",
                f"list(dict.fromkeys({one}))",
                f"grown({one}, {text})",
                f"grown(list({one}), {text})",
                f"perhaps({one})",
                f"({one} or {two})",
                f"copy.copy({one})",
                f"copy.deepcopy({one})",
                f"collected({text})",
                f"list(itertools.chain({one}, {two}))",
            ]
        )

    def _a_dict(self, depth: int) -> str:
        one, text = self._any("dicts", depth), self._any("texts", depth)
        values = self._any("lists", depth)
        return self._pick(
            [
                f"dict({one})",
                f"{{**{one}, {text}: {self._any('texts', depth)}}}",
                f"{{x: x + 'v' for x in {values}}}",
                f"{{{text}: 'k', 'a': 'l'}}",
                f"dict(zip({values}, {values}[::-1]))",
                f"{one} | {{{text}: 'm'}}",
                f"{{k: v for k, v in {one}.items() if k != {text}}}",
                f"{{CHANCE: 'c', {text}: 'd'}}",
                f"{one}.copy()",
            ]
        )

    # --- statements -------------------------------------------------------------------

    def _block(self, indent: str, length: int, depth: int) -> None:
        for _ in range(length):
            self._statement(indent, depth)

    def _inner(self, indent: str, depth: int) -> None:
        outer, start = self._names, len(self._lines)
        self._names = outer.copy()
        self._block(f"{indent}    ", self._random.randint(1, 3), depth + 1)
        self._names = outer
        if len(self._lines) == start:
            self._write(f"{indent}    ", "pass")

    def _statement(self, indent: str, depth: int) -> None:
        simple: list[Callable[[str], None]] = [
            *[self._assigned] * 5,
            *[self._changed] * 6,
            *[self._assigned_again] * 4,
            self._unpacked,
            self._object,
            self._alias,
            self._dropped,
            self._function,
            self._in_function,
            self._in_function,
        ]
        compound: list[Callable[[str, int], None]] = [
            *[self._if] * 3,
            *[self._for] * 3,
            self._try,
            self._while,
        ]
        if depth < 3 and self._random.random() < 0.35:
            self._random.choice(compound)(indent, depth)
        else:
            self._random.choice(simple)(indent)

    def _assigned(self, indent: str) -> None:
        kind = self._pick(["texts", "texts", "numbers", "lists", "lists", "dicts"])
        value = self._pick([self._expression(kind), self._literal(kind)])
        self._write(indent, f"{self._new(kind)} = {value}")

    def _assigned_again(self, indent: str) -> None:
        kind = self._pick(["texts", "numbers", "lists", "dicts"])
        names = [name for name in getattr(self._names, kind) if name[0].islower()]
        if not names:
            return
        value = self._expression(kind)
        sign = {"texts": "+=", "numbers": "+=", "lists": "+=", "dicts": "|="}[kind]
        self._write(indent, f"{self._pick(names)} {self._pick(['=', sign])} {value}")

    def _alias(self, indent: str) -> None:
        kind = self._pick(["lists", "lists", "dicts", "objects"])
        names = getattr(self._names, kind)
        if names:
            old = self._pick(names)
            self._write(indent, f"{self._new(kind)} = {old}")

    def _unpacked(self, indent: str) -> None:
        values, text = self._any("lists", 1), self._any("texts", 1)
        first, rest = self._new("texts"), self._new("lists")
        self._write(
            indent,
            self._pick(
                [
                    f"{first}, *{rest} = [{text}, *{values}]",
                    f"*{rest}, {first} = ({text}, {text})",
                    f"{first}, {rest} = {text}, {values}",
                    f"({first}, _), {rest} = ({text}, 1), [{text}]",
                ]
            ),
        )

    def _object(self, indent: str) -> None:
        text, values = self._any("texts", 1), self._any("lists", 1)
        given = self._pick([text, f"{text}, {values}", f"{text}, columns=[{text}]"])
        self._write(indent, f"{self._new('objects')} = Table({given})")

    def _changed(self, indent: str) -> None:
        text, other = self._any("texts", 1), self._any("texts", 1)
        choices = []
        if self._names.lists:
            name = self._pick(self._names.lists)
            choices += [
                f"{name}.append({text})",
                f"{name}.extend({self._any('lists', 1)})",
                f"{name}.insert({self._random.randint(-1, 2)}, {text})",
                f"{name}.reverse()",
                f"{name}.sort()",
                f"{name} and {name}.pop()",
                f"{name}.append({name}[0] if {name} else 'e')",
                f"_ = {name}.remove({text}) if {text} in {name} else None",
                f"grown({name}, {text})",
                f"perhaps({name})",
                f"CHANCE == 'heads' and {name}.append({text})",
                f"[{name}.append(x) for x in 'pq']",
                f"(lambda v: v.append({text}))({name})",
                f"{name}[:] = {name}[1:]",
            ]
        if self._names.dicts:
            name = self._pick(self._names.dicts)
            choices += [
                f"{name}[{text}] = {other}",
                f"{name}.update({self._any('dicts', 1)})",
                f"{name}.update(a={text})",
                f"{name}.setdefault({text}, {other})",
                f"{name}.pop({text}, None)",
                f"{name}[CHANCE] = {text}",
            ]
        if self._names.objects:
            name = self._pick(self._names.objects)
            choices += [
                f"{name}.name = {text}",
                f"{name}.prefix = {text}",
                f"{name}.add({text})",
                f"{name}.columns.append({text})",
                f"{name}.columns += [{text}]",
                f"Table.prefix = {text}",
                f"Table.seen.append({text})",
            ]
        if self._names.functions:
            choices += [f"{self._pick(self._names.functions)}({text})"] * 2
        self._write(indent, self._pick(choices))

    def _dropped(self, indent: str) -> None:
        kind = self._pick(["texts", "numbers", "lists", "dicts", "objects"])
        names = getattr(self._names, kind)
        if names:
            self._drop(indent, self._shown(kind, self._pick(names)))

    def _if(self, indent: str, depth: int) -> None:
        self._write(indent, f"if {self._condition()}:")
        self._inner(indent, depth)
        if self._random.random() < 0.4:
            self._write(indent, f"elif {self._condition()}:")
            self._inner(indent, depth)
        if self._random.random() < 0.5:
            self._write(indent, "else:")
            self._inner(indent, depth)

    def _for(self, indent: str, depth: int) -> None:
        values, held = self._any("lists", 1), self._any("dicts", 1)
        outer = self._names
        self._names = outer.copy()
        name, other = self._new("texts"), self._new("texts")
        head = self._pick(
            [
                f"for {name} in {values}:",
                f"for {name} in list({values}):",
                f"for {name} in {values}[:3]:",
                f"for {name} in ['a', 'b']:",
                f"for {name} in sorted({values}):",
                f"for {name}, {other} in {held}.items():",
                f"for {name}, {other} in zip({values}, {values}):",
                f"for {name} in (x for x in {values} if x):",
                f"for {name} in map(str, numbers(2)):",
            ]
        )
        self._write(indent, head)
        if other not in head:
            self._names.texts.remove(other)
        jumps = self._random.random()
        if jumps < 0.2:
            jump = self._pick(["break", "continue"])
            self._write(f"{indent}    ", f"if {self._condition()}:")
            self._write(f"{indent}        ", jump)
        self._inner(indent, depth)
        self._names = outer
        if self._random.random() < 0.1:
            self._write(indent, "else:")
            self._inner(indent, depth)

    def _while(self, indent: str, depth: int) -> None:
        name = self._new("numbers")
        self._write(indent, f"{name} = {self._random.randint(0, 3)}")
        self._write(indent, f"while {name} > 0:")
        self._write(f"{indent}    ", f"{name} -= 1")
        self._names.numbers.remove(name)
        self._inner(indent, depth)

    def _try(self, indent: str, depth: int) -> None:
        self._write(indent, "try:")
        self._inner(indent, depth)
        has_handler = self._random.random() < 0.4
        if has_handler:
            self._write(f"{indent}    ", f"if {self._condition()}:")
            self._write(f"{indent}        ", "raise ValueError")
            self._write(indent, "except ValueError:")
            self._inner(indent, depth)
        if not has_handler or self._random.random() < 0.5:
            self._write(indent, "finally:")
            self._inner(indent, depth)

    def _function(self, indent: str) -> None:
        name = f"do{self._count}"
        self._count += 1
        outer = self._names
        default = self._pick(["", f", more={self._any('texts', 1)}", ", seen=[]"])
        self._names = outer.copy()
        self._names.texts.append("value")
        self._write(indent, f"def {name}(value{default}):")
        inner = f"{indent}    "
        if "more" in default:
            self._names.texts.append("more")
        if "seen" in default:
            self._names.lists.append("seen")
            self._write(inner, "seen.append(value)")
        mine = [n for n in outer.texts if n[0] == "t" and n[1:].isdigit() and indent == "    "]
        if mine and self._random.random() < 0.3:
            self._write(inner, f"nonlocal {mine[0]}")
            self._write(inner, f"{mine[0]} += 'n'")
        for _ in range(self._random.randint(1, 2)):
            self._random.choice([self._changed, self._assigned, self._dropped])(inner)
        if self._random.random() < 0.4:
            self._write(inner, f"if {self._condition()}:")
            self._write(f"{inner}    ", f"return {self._any('texts', 1)}")
        kind = self._pick(["texts", "lists"])
        self._write(inner, f"return {self._any(kind, 1)}")
        self._names = outer
        self._names.functions.append(name)

    def _in_function(self, indent: str) -> None:
        text, values = self._any("texts", 1), self._any("lists", 1)
        name = f"do{self._count}"
        self._count += 1
        made = self._pick(
            [
                f"maker({text})",
                f"partial(joined, by={text})",
                f"partial(grown, {values})",
                f"lambda v: v + {text}",
                f"lambda v, held={values}: grown(held, v)",
                f"{self._pick(self._names.lists)}.append",
                f"[lambda v: str(v) + x for x in {values} + ['y']][0]",
                f"[lambda v, x=x: str(v) + x for x in {values} + ['y']][0]",
            ]
        )
        self._write(indent, f"{name} = {made}")
        self._names.functions.append(name)


def program(seed: int) -> str:
    """Return a revision."""
    return _Writer(seed).text()
