"""A foreign key on a live table: for new rows first, for the old ones while everything goes on."""

from collections.abc import Iterator

from migsafe.catalog.catalog import Catalog
from migsafe.context import Applied
from migsafe.model.intents import AddForeignKeyIntent
from migsafe.model.operations import (
    AddConstraint,
    ForeignKey,
    PrimaryKey,
    ReferentialAction,
)
from migsafe.model.plan import CodeChange, Deploy, Phase
from migsafe.model.record import replace
from migsafe.recipes import blocks, naming
from migsafe.recipes.situation import Found, Pending, Situation, cannot
from migsafe.writing import quoting

RANK = 70
_PARTITIONED_NOT_VALID = 18
"""The first version that takes NOT VALID on a partitioned table."""


def recognise(pending: Pending) -> Iterator[Found]:
    """Yield foreign keys of live tables, with their VALIDATE if the migration has it."""
    for applied in pending.left:
        match applied.operation:
            case AddConstraint(constraint=ForeignKey(enforced=True) as key) as add if (
                pending.is_live(applied, add.table)
            ):
                name = naming.constraint(key.name, add.table, applied)
                if name is None:
                    yield cannot(add, "its name is the server's choice: name it", applied)
                elif (
                    applied.before.is_partitioned(add.table)
                    and pending.settings.version < _PARTITIONED_NOT_VALID
                ):
                    why = f"{add.table} is partitioned: NOT VALID is refused before PostgreSQL 18"
                    yield cannot(add, why, applied)
                else:
                    yield _found(add, replace(key, name=name), applied, pending)
            case _:
                pass


def _found(add: AddConstraint, key: ForeignKey, applied: Applied, pending: Pending) -> Found:
    validated = pending.validations(applied, add.table, key.name)
    whole = replace(key, valid=key.valid or bool(validated))
    return Found(AddForeignKeyIntent(add.table, whole), (applied, *validated))


def recipe(intent: AddForeignKeyIntent, situation: Situation) -> Iterator[Deploy]:
    """Yield the deploys: code that writes what exists, NOT VALID, VALIDATE."""
    table, key = intent.table, intent.constraint
    name = key.name or ""
    parent = key.referenced
    yield blocks.code(
        f"keep to {name}",
        CodeChange(f"{table} ({', '.join(key.columns)}) holds only what is in {parent}"),
        CodeChange(_deleting(key, str(table))),
    )
    yield blocks.schema(
        Phase.MIGRATE,
        f"foreign key {name} for new rows",
        (
            blocks.add_not_valid(
                table,
                replace(key, valid=False),
                f"writes to {table} and {parent} wait for an instant; no row is read",
            ),
        ),
        works_with=(1,),
        gate=(blocks.retired(1),),
        min_soak=blocks.SOAK,
    )
    if not key.valid:
        return
    orphans = _orphans(intent, situation.before)
    yield blocks.schema(
        Phase.MIGRATE,
        f"validate {name}",
        (blocks.validate(table, name, again=replace(key, valid=False)),),
        works_with=(1,),
        gate=() if orphans is None else (blocks.none_left(f"orphans of {name}", orphans),),
    )


def _deleting(key: ForeignKey, table: str) -> str:
    match key.on_delete:
        case ReferentialAction.CASCADE:
            return (
                f"a DELETE of {key.referenced} deletes its rows of {table}: no code counts on them"
            )
        case ReferentialAction.SET_NULL | ReferentialAction.SET_DEFAULT:
            return f"a DELETE of {key.referenced} changes its rows of {table}: readers accept that"
        case ReferentialAction.NO_ACTION | ReferentialAction.RESTRICT:
            return f"rows of {table} are deleted before their row of {key.referenced}"


def _orphans(intent: AddForeignKeyIntent, catalog: Catalog) -> str | None:
    """Return the query that counts the rows which refer to nothing; None if a key is unknown."""
    key = intent.constraint
    referenced = key.referenced_columns
    if not referenced:
        primary = catalog.primary_key(key.referenced)
        constraint = None if primary is None else primary.constraint
        referenced = constraint.columns if isinstance(constraint, PrimaryKey) else ()
    if len(referenced) != len(key.columns):
        return None
    pairs = " AND ".join(
        f"p.{quoting.identifier(theirs)} = c.{quoting.identifier(ours)}"
        for ours, theirs in zip(key.columns, referenced, strict=True)
    )
    present = " AND ".join(f"c.{quoting.identifier(column)} IS NOT NULL" for column in key.columns)
    return (
        f"SELECT count(*) FROM {quoting.name(intent.table)} AS c WHERE {present} "
        f"AND NOT EXISTS (SELECT 1 FROM {quoting.name(key.referenced)} AS p WHERE {pairs})"
    )


def notes(intent: AddForeignKeyIntent, situation: Situation) -> Iterator[str]:
    """Yield what makes deletes of the other table slow."""
    key = intent.constraint
    led = any(
        index.columns[: len(key.columns)] == key.columns
        for index in situation.after.indexes(intent.table)
    )
    if not led:
        yield (
            f"No known index of {intent.table} starts with {', '.join(key.columns)}: each DELETE "
            f"of {key.referenced} reads the whole of {intent.table}."
        )
