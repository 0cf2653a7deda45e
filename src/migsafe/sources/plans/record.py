"""Reads `plan.json`: `migsafe.plan/1` to a plan, its SQL to operations."""

import json
from collections.abc import Callable, Mapping
from enum import Enum
from typing import TypeVar

from migsafe.model.errors import InputError
from migsafe.model.locks import Lock
from migsafe.model.operations import Operation, Unrecognized
from migsafe.model.origin import Runner, SectionName
from migsafe.model.plan import (
    Backfill,
    CodeChange,
    CodeVersion,
    Condition,
    Deploy,
    DeployKind,
    Direction,
    Phase,
    Plan,
    PlanFile,
    Source,
    Step,
    StepLock,
)
from migsafe.model.record import replace
from migsafe.parsers.sql import Placement, read_sql
from migsafe.sources.files import decode

SCHEMA = "migsafe.plan/1"
_Word = TypeVar("_Word", bound=Enum)
_LOCKS = {str(lock): lock for lock in Lock}


class _Node:
    """A value of the document with its place, which is asked for what it should hold."""

    __slots__ = ("_path", "place", "value")

    def __init__(self, value: object, place: str, path: str) -> None:
        self.value = value
        self.place = place
        self._path = path

    def wrong(self, expected: str) -> InputError:
        """Return the error for a value that is not what it should be."""
        where = f"'{self.place}'" if self.place else "the document"
        return InputError(
            f"{where} is not {expected}",
            help="Write the plan again with 'migsafe plan PATH -o DIR'.",
            path=self._path,
        )

    def __getitem__(self, key: str) -> "_Node":
        if not isinstance(self.value, Mapping):
            raise self.wrong("an object")
        place = f"{self.place}.{key}" if self.place else key
        node = _Node(self.value.get(key), place, self._path)
        if key not in self.value:
            raise node.wrong("there")
        return node

    def optional(self, key: str) -> "_Node | None":
        """Return a member, None where it is null or left out."""
        if not isinstance(self.value, Mapping):
            raise self.wrong("an object")
        return None if self.value.get(key) is None else self[key]

    def each(self) -> list["_Node"]:
        """Return the items of a list."""
        if not isinstance(self.value, list):
            raise self.wrong("a list")
        return [
            _Node(item, f"{self.place}[{at}]", self._path) for at, item in enumerate(self.value)
        ]

    def members(self) -> list[tuple[str, "_Node"]]:
        """Return the members of an object."""
        if not isinstance(self.value, Mapping):
            raise self.wrong("an object")
        return [(str(key), self[key]) for key in self.value]

    def text(self) -> str:
        """Return a string."""
        if not isinstance(self.value, str):
            raise self.wrong("a string")
        return self.value

    def number(self) -> int:
        """Return a whole number."""
        if isinstance(self.value, bool) or not isinstance(self.value, int):
            raise self.wrong("a whole number")
        return self.value

    def truth(self) -> bool:
        """Return true or false."""
        if not isinstance(self.value, bool):
            raise self.wrong("true or false")
        return self.value

    def texts(self) -> tuple[str, ...]:
        """Return a list of strings."""
        return tuple(item.text() for item in self.each())

    def word(self, words: Callable[[str], _Word]) -> _Word:
        """Return a word of a closed list."""
        try:
            return words(self.text())
        except ValueError:
            raise self.wrong("a known word") from None


def read_plan(data: bytes, path: str) -> Plan:
    """Return the plan that a `plan.json` holds.

    Args:
        data: What the file holds.
        path: The file, for messages.

    Raises:
        InputError: If it is no plan of this format.
    """
    try:
        document = json.loads(decode(data, path))
    except (ValueError, RecursionError) as error:
        raise InputError(
            f"not JSON: {error}",
            help="Write the plan again with 'migsafe plan PATH -o DIR'.",
            path=path,
        ) from None
    node = _Node(document, "", path)
    schema = node["schema"].text()
    if schema != SCHEMA:
        raise InputError(
            f"'{schema}' is no format that this version reads: '{SCHEMA}' is",
            help="Use the version of migsafe that wrote it.",
            path=path,
        )
    versions = tuple(
        CodeVersion(each["id"].text(), each["title"].text())
        for each in node["code_versions"].each()
    )
    numbers = {version.id: at for at, version in enumerate(versions)}
    base = node["base"]
    return Plan(
        id=node["id"].text(),
        dialect=node["dialect"].text(),
        tool_version=node["tool"]["version"].text(),
        options=tuple((key, value.text()) for key, value in node["options"].members()),
        base_digest=base["digest"].text(),
        sources=tuple(_source(each) for each in node["sources"].each()),
        code_versions=versions,
        deploys=tuple(_deploy(each, numbers) for each in node["deploys"].each()),
        notes=node["notes"].texts(),
        base_tables=base["tables"].texts(),
        base_history=base["history"].texts(),
        convention=node["convention"].text(),
        runner=node["runner"].word(Runner),
    )


def _source(node: _Node) -> Source:
    return Source(
        node["path"].text(),
        node["revision"].text(),
        node["sha256"].text(),
        node["revises"].texts(),
        node["copies"].texts(),
    )


def _deploy(node: _Node, numbers: Mapping[str, int]) -> Deploy:
    backfill = node.optional("backfill")
    soak = node.optional("min_soak")
    fails = node.optional("if_it_fails")
    return Deploy(
        phase=node["phase"].word(Phase),
        kind=node["kind"].word(DeployKind),
        title=node["title"].text(),
        steps=tuple(_step(each) for each in node["steps"].each()),
        backfill=None if backfill is None else _backfill(backfill),
        code=tuple(
            CodeChange(each["instruction"].text(), each["before"].text(), each["after"].text())
            for each in node["code"].each()
        ),
        flags=node["flags"].texts(),
        gate=tuple(_condition(each, numbers) for each in node["gate"].each()),
        works_with=tuple(_version(each, numbers) for each in node["works_with"].each()),
        min_soak=None if soak is None else soak.text(),
        point_of_no_return=node["point_of_no_return"].truth(),
        if_it_fails=None if fails is None else fails.text(),
        files=tuple(_file(each) for each in node["files"].each()),
    )


def _file(node: _Node) -> PlanFile:
    down, digest = node.optional("down_path"), node.optional("down_sha256")
    return PlanFile(
        node["path"].text(),
        None if down is None else down.text(),
        node["sha256"].text(),
        None if digest is None else digest.text(),
        node["transaction"].text(),
    )


def _step(node: _Node) -> Step:
    lock, statement = node.optional("lock_timeout_ms"), node.optional("statement_timeout_ms")
    possible, locks = node.optional("rollback_possible_sql"), node.optional("locks")
    return Step(
        up=_operations(node["sql"], SectionName.UP),
        down=_operations(node["down"], SectionName.DOWN),
        direction=node["direction"].word(Direction),
        why=node["why"].text(),
        transactional=node["transactional"].truth(),
        lock_timeout_ms=None if lock is None else lock.number(),
        statement_timeout_ms=None if statement is None else statement.number(),
        rollback_possible_sql=None if possible is None else possible.text(),
        locks=None if locks is None else tuple(_lock(each) for each in locks.each()),
    )


def _lock(node: _Node) -> StepLock:
    mode = _LOCKS.get(node["mode"].text())
    if mode is None:
        raise node["mode"].wrong("a lock mode")
    return StepLock(node["relation"].text(), mode)


def _backfill(node: _Node) -> Backfill:
    return Backfill(
        table=node["table"].text(),
        keys=node["keys"].texts(),
        bounds_sql=node["bounds_sql"].text(),
        batch_sql=node["batch_sql"].text(),
        once_sql=node["once_sql"].text(),
        remaining_sql=node["remaining_sql"].text(),
    )


def _condition(node: _Node, numbers: Mapping[str, int]) -> Condition:
    sql, oldest = node.optional("sql"), node.optional("oldest_code")
    return Condition(
        node["evidence"].text(),
        None if sql is None else sql.text(),
        node["expect"].text(),
        None if oldest is None else _version(oldest, numbers),
    )


def _version(node: _Node, numbers: Mapping[str, int]) -> int:
    number = numbers.get(node.text())
    if number is None:
        raise node.wrong("one of the code versions")
    return number


def _operations(node: _Node, section: SectionName) -> tuple[Operation, ...]:
    found = operations(node.text(), section)
    if any(isinstance(operation, Unrecognized) for operation in found):
        raise node.wrong("SQL that migsafe reads")
    return found


def operations(sql: str, section: SectionName = SectionName.UP) -> tuple[Operation, ...]:
    """Return the operations of SQL text that no file holds, without origins."""
    return tuple(
        replace(operation, origin=None)
        for statement in read_sql(sql, Placement("plan.json", section)).statements
        for operation in statement.operations
    )
