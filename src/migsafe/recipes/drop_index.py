"""An index goes away, when it is known that nobody uses it."""

from collections.abc import Iterator

from migsafe.catalog.catalog import Catalog
from migsafe.catalog.schema import IndexState
from migsafe.model.intents import DropIndexIntent
from migsafe.model.operations import DropIndex
from migsafe.model.plan import CodeChange, Condition, Deploy, Phase
from migsafe.model.record import replace
from migsafe.recipes import blocks, cloning
from migsafe.recipes.situation import Found, Pending, Situation, cannot
from migsafe.writing import quoting

RANK = 81


def recognise(pending: Pending) -> Iterator[Found]:
    """Yield indexes of live tables that are dropped."""
    for applied in pending.left:
        match applied.operation:
            case DropIndex() as drop:
                state = applied.before.index(drop.index)
                table = drop.table if state is None else state.table
                if table is not None and not pending.is_live(applied, table):
                    continue
                if drop.cascade:
                    yield cannot(drop, "CASCADE drops what nobody named", applied)
                elif state is not None and state.constraint is not None:
                    why = f"it belongs to constraint {state.constraint}: drop that instead"
                    yield cannot(drop, why, applied)
                elif state is not None and applied.before.is_partitioned(state.table):
                    yield cannot(drop, f"{state.table} is partitioned", applied)
                else:
                    again = None if state is None else cloning.recreated(state, state.table)
                    covered = None if state is None else _covering(state, applied.before)
                    if covered is None and state is not None:
                        covered = _covering(state, pending.deploy.after)
                    yield Found(DropIndexIntent(drop, table, covered, again), (applied,))
            case _:
                pass


def _covering(index: IndexState, catalog: Catalog) -> str | None:
    """Return another index that starts with the same columns, None if none is known."""
    if index.where is not None or not index.columns:
        return None
    for other in catalog.indexes(index.table):
        starts = other.columns[: len(index.columns)] == index.columns
        if other.name != index.name and starts and other.where is None:
            return other.name.name
    return None


def recipe(intent: DropIndexIntent, situation: Situation) -> Iterator[Deploy]:
    """Yield the deploys: code that does not rely on uniqueness, then a concurrent drop."""
    del situation
    name = intent.index.index
    again = intent.again
    unique = again is not None and again.unique
    works = (1,) if unique else (0,)
    if unique:
        yield blocks.code(
            f"do not rely on {name} being unique",
            CodeChange(f"no ON CONFLICT needs {name}; readers accept what it would have refused"),
        )
    covered = "" if intent.covered_by is None else f"; {intent.covered_by} starts with its columns"
    step = blocks.drop_index(
        name, again, f"reads and writes go on{covered or '; lookups that used it become scans'}"
    )
    refused = cloning.duplicates(again.table, again) if again is not None and unique else None
    yield blocks.schema(
        Phase.CONTRACT,
        f"drop index {name}{covered}",
        (replace(step, rollback_possible_sql=refused),),
        works_with=works,
        gate=(
            *((blocks.retired(1),) if unique else ()),
            _unused(intent),
        ),
        min_soak=blocks.RELEASE_SOAK,
    )


def _unused(intent: DropIndexIntent) -> Condition:
    name = quoting.literal(quoting.name(intent.index.index))
    return Condition(
        f"{intent.index.index} is not used: idx_scan on the primary and on every replica",
        f"SELECT idx_scan FROM pg_stat_user_indexes WHERE indexrelid = to_regclass({name})",
        f"no more than it was {blocks.IDLE_WINDOW} ago",
    )


def notes(intent: DropIndexIntent, situation: Situation) -> Iterator[str]:
    """Yield what the reader must know where the way back cannot be written."""
    del situation
    if intent.again is None:
        yield (
            f"{intent.index.index} is not in the history that was read: the plan has no way to "
            "make it again. Give the schema before with --schema."
        )
