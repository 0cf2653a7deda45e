"""An index on a live table, built while reads and writes go on."""

from collections.abc import Iterator

from migsafe.context import Applied
from migsafe.model.intents import CreateIndexIntent
from migsafe.model.operations import AttachIndex, CreateIndex, DropIndex, Operation
from migsafe.model.plan import Deploy, Direction, Phase, Step
from migsafe.model.record import replace
from migsafe.recipes import blocks, naming
from migsafe.recipes.situation import Found, Pending, Situation, cannot

RANK = 80


def recognise(pending: Pending) -> Iterator[Found]:
    """Yield indexes that are not unique, on tables that are there."""
    for applied in pending.left:
        match applied.operation:
            case CreateIndex(unique=False) as index if pending.is_live(applied, index.table):
                yield _found(index, applied)
            case _:
                pass


def _found(index: CreateIndex, applied: Applied) -> Found:
    named = naming.index(index, applied)
    if named is None:
        return cannot(index, "its name is the server's choice: name it", applied)
    parts = applied.before.partitions(index.table)
    if index.only:
        return cannot(index, "ON ONLY leaves the partitions to other statements", applied)
    if applied.before.is_partitioned(index.table) and (
        not parts or any(applied.before.partitions(part.name) for part in parts)
    ):
        why = f"{index.table} is partitioned, and its partitions are not all known"
        return cannot(index, why, applied)
    return Found(CreateIndexIntent(named), (applied,))


def recipe(intent: CreateIndexIntent, situation: Situation) -> Iterator[Deploy]:
    """Yield the deploy: a concurrent build; for a partitioned table one for each partition."""
    index = intent.index
    name = blocks.index_name(index)
    parts = situation.before.partitions(index.table)
    steps = tuple(_partitioned(index, situation)) if parts else (blocks.build_index(index),)
    yield blocks.schema(
        Phase.EXPAND,
        f"index {name}",
        steps,
        if_it_fails=" ".join(
            blocks.restart_index(blocks.index_name(operation))
            for step in steps
            for operation in step.up
            if isinstance(operation, CreateIndex) and operation.concurrently
        ),
    )


def _partitioned(index: CreateIndex, situation: Situation) -> Iterator[Step]:
    """Yield the empty index of the parent, then build and attach that of each partition."""
    name = blocks.index_name(index)
    parent = replace(index, only=True, concurrently=False, if_not_exists=False, origin=None)
    yield blocks.brief(
        (parent,),
        (DropIndex(name, if_exists=True),),
        Direction.PHYSICAL,
        "an index of the parent alone: invalid, and empty, until every partition has its own",
    )
    attached: list[Operation] = []
    for part in situation.before.partitions(index.table):
        name_there = naming.of_partition(part.name, index, situation.after)
        child = replace(index, name=name_there, table=part.name)
        yield blocks.build_index(child)
        attached.append(AttachIndex(name, blocks.index_name(child)))
    yield blocks.brief(
        attached,
        (DropIndex(name, if_exists=True),),
        Direction.PHYSICAL,
        "an instant: the indexes are there; with the last one the parent's is valid",
    )
