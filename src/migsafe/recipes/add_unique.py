"""Uniqueness on a live table: code first, then an index built while reads and writes go on."""

from collections.abc import Iterator

from migsafe.context import Applied
from migsafe.model.intents import AddUniqueIntent
from migsafe.model.operations import AddConstraint, CreateIndex, IndexElement, Unique
from migsafe.model.plan import CodeChange, Deploy, Direction, Phase
from migsafe.model.record import replace
from migsafe.recipes import blocks, cloning, naming
from migsafe.recipes.situation import Found, Pending, Situation, cannot

RANK = 72


def recognise(pending: Pending) -> Iterator[Found]:
    """Yield UNIQUE constraints and unique indexes of live tables."""
    for applied in pending.left:
        match applied.operation:
            case CreateIndex(unique=True) as index if pending.is_live(applied, index.table):
                named = naming.index(index, applied)
                if named is None:
                    yield cannot(index, "its name is the server's choice: name it", applied)
                elif applied.before.is_partitioned(index.table):
                    yield cannot(index, f"{index.table} is partitioned", applied)
                else:
                    yield Found(AddUniqueIntent(index.table, None, named), (applied,))
            case AddConstraint(constraint=Unique() as unique) as add if pending.is_live(
                applied, add.table
            ):
                yield from _constraint(add, unique, applied)
            case _:
                pass


def _constraint(add: AddConstraint, unique: Unique, applied: Applied) -> Iterator[Found]:
    if unique.using_index is not None:
        # An instant: the index is there, and refuses what the constraint would refuse.
        return
    name = naming.constraint(unique.name, add.table, applied)
    if name is None:
        yield cannot(add, "its name is the server's choice: name it", applied)
    elif unique.without_overlaps or unique.index_options:
        yield cannot(add, "its index cannot be built beforehand", applied)
    elif applied.before.is_partitioned(add.table):
        yield cannot(add, f"{add.table} is partitioned", applied)
    else:
        yield Found(AddUniqueIntent(add.table, replace(unique, name=name)), (applied,))


def recipe(intent: AddUniqueIntent, situation: Situation) -> Iterator[Deploy]:
    """Yield the deploys: code that makes no duplicates, the index, the constraint on it."""
    del situation
    index = intent.index or _index(intent)
    name = blocks.index_name(index)
    keys = ", ".join(
        element.column or (element.expression.sql if element.expression else "")
        for element in index.elements
    )
    steps = [blocks.build_index(index, direction=Direction.RESTRICT)]
    if intent.constraint is not None:
        steps.append(
            cloning.attach(intent.table, replace(intent.constraint, using_index=index.name))
        )
    yield blocks.code(
        f"make no duplicates of {intent.table} ({keys})",
        CodeChange(f"no two rows of {intent.table} with the same ({keys}); 23505 is handled"),
        CodeChange(f"merge or delete the duplicates of {intent.table} that are there"),
    )
    yield blocks.schema(
        Phase.MIGRATE,
        f"unique {'constraint' if intent.constraint else 'index'} {name}",
        steps,
        works_with=(1,),
        gate=(
            blocks.retired(1),
            blocks.no_rows(
                f"duplicates of {intent.table} ({keys})", cloning.duplicates(intent.table, index)
            ),
        ),
        min_soak=blocks.SOAK,
        if_it_fails=blocks.restart_index(name),
    )


def _index(intent: AddUniqueIntent) -> CreateIndex:
    unique = intent.constraint
    if unique is None:
        raise TypeError("an intent without index has a constraint")
    return CreateIndex(
        unique.name,
        intent.table,
        tuple(IndexElement(column=column) for column in unique.columns),
        unique=True,
        include=unique.include,
        nulls_not_distinct=unique.nulls_not_distinct,
    )
