"""Prisma's schema: models, their columns, and enums."""

import re
from dataclasses import dataclass, field

from migsafe.model.code import Basis, Use, UseKind, Uses
from migsafe.model.migration import Place
from migsafe.model.pattern import pattern

_BLOCK = pattern(r"\s*(model|enum|view|type|datasource|generator)\s+(\w+)\s*\{")
_FIELD = pattern(r"\s*(\w+)\s+(\w+)(\[\])?\??")
_LABEL = pattern(r"\s*(\w+)")
_MAP = pattern(r'(?<!@)@map\(\s*(?:name:\s*)?"([^"]*)"\s*\)')
_MAPS = pattern(r'@@map\(\s*(?:name:\s*)?"([^"]*)"\s*\)')
_SCHEMA = pattern(r'@@schema\(\s*(?:map:\s*)?"([^"]*)"\s*\)')
_NAMED = pattern(r'@@?(unique|index|id|relation)\([^"]{0,300}?\bmap:\s*"([^"]*)"')
_STRING_OR_COMMENT = pattern(r'"(?:[^"\\]|\\.)*+"|//.*+')


@dataclass(slots=True, eq=False)
class _Block:
    kind: str
    name: str
    line: int
    text: str
    lines: list[tuple[int, str]] = field(default_factory=list)


def read(path: str, text: str) -> Uses:
    """Return what a schema of Prisma maps."""
    blocks = _blocks(text)
    models = {block.name for block in blocks if block.kind in {"model", "view"}}
    found: list[Use] = []
    for block in blocks:
        if block.kind in {"model", "view"}:
            found += _model(path, block, models)
        elif block.kind == "enum":
            found += _enum(path, block)
    return Uses(path, tuple(sorted(found, key=lambda use: (use.place.line, use.place.column))))


def _blocks(text: str) -> list[_Block]:
    found: list[_Block] = []
    current: _Block | None = None
    for number, written in enumerate(text.split("\n"), 1):
        line = _STRING_OR_COMMENT.sub(_without_comment, written)
        opening = _BLOCK.match(line)
        if opening is not None:
            current = _Block(opening[1], opening[2], number, line)
            found.append(current)
        elif line.strip() == "}":
            current = None
        elif current is not None and line.strip():
            current.lines.append((number, line))
    return found


def _without_comment(match: re.Match[str]) -> str:
    return "" if match.group().startswith("//") else match.group()


def _model(path: str, block: _Block, models: set[str]) -> list[Use]:
    table, schema = block.name, None
    named = _place(path, block.line, block.text, block.name)
    for number, line in block.lines:
        maps, schemas = _MAPS.search(line), _SCHEMA.search(line)
        if maps is not None:
            table, named = maps[1], _place(path, number, line, maps[1])
        if schemas is not None:
            schema = schemas[1]
    found = [
        Use(
            UseKind.TABLE,
            table,
            table,
            schema,
            named,
            Basis.EXACT,
            None,
            "model of Prisma",
            block.name,
        )
    ]
    for number, line in block.lines:
        member = _FIELD.match(line)
        if member is not None and not line.lstrip().startswith("@@") and member[2] not in models:
            given = _MAP.search(line)
            name = member[1] if given is None else given[1]
            place = _place(path, number, line, member[1])
            found.append(
                Use(
                    UseKind.COLUMN,
                    name,
                    table,
                    schema,
                    place,
                    Basis.EXACT,
                    None,
                    "field of a model",
                    block.name,
                )
            )
        for each in _NAMED.finditer(line):
            kind = UseKind.INDEX if each[1] in {"index", "unique"} else UseKind.CONSTRAINT
            place = _place(path, number, line, each[2])
            found.append(
                Use(
                    kind,
                    each[2],
                    table,
                    schema,
                    place,
                    Basis.EXACT,
                    None,
                    f"@{each[1]} by name",
                    block.name,
                )
            )
    return found


def _enum(path: str, block: _Block) -> list[Use]:
    name, schema = block.name, None
    for _, line in block.lines:
        maps, schemas = _MAPS.search(line), _SCHEMA.search(line)
        name = name if maps is None else maps[1]
        schema = schema if schemas is None else schemas[1]
    place = _place(path, block.line, block.text, block.name)
    found = [
        Use(
            UseKind.TYPE, name, None, schema, place, Basis.EXACT, None, "enum of Prisma", block.name
        )
    ]
    for number, line in block.lines:
        member = _LABEL.match(line)
        if member is None:
            continue
        given = _MAP.search(line)
        label = member[1] if given is None else given[1]
        place = _place(path, number, line, member[1])
        found.append(
            Use(
                UseKind.LABEL,
                label,
                None,
                schema,
                place,
                Basis.EXACT,
                None,
                "label of an enum",
                name,
            )
        )
    return found


def _place(path: str, number: int, line: str, word: str) -> Place:
    column = line.find(word) + 1
    return Place(path, number, column, number, column + len(word))
