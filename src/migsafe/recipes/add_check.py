"""A CHECK on a live table: for new rows first, for the old ones while everything goes on."""

from collections.abc import Iterator

from migsafe.context import Applied
from migsafe.model.intents import AddCheckIntent
from migsafe.model.operations import AddConstraint, Check
from migsafe.model.plan import CodeChange, Deploy, Phase
from migsafe.model.record import replace
from migsafe.recipes import blocks, naming
from migsafe.recipes.situation import Found, Pending, Situation, cannot
from migsafe.writing import quoting

RANK = 71


def recognise(pending: Pending) -> Iterator[Found]:
    """Yield CHECKs of live tables, with their VALIDATE if the migration has it."""
    for applied in pending.left:
        match applied.operation:
            case AddConstraint(constraint=Check(enforced=True) as check) as add if pending.is_live(
                applied, add.table
            ):
                name = naming.constraint(check.name, add.table, applied)
                if name is None:
                    yield cannot(add, "its name is the server's choice: name it", applied)
                else:
                    yield _found(add, replace(check, name=name), applied, pending)
            case _:
                pass


def _found(add: AddConstraint, check: Check, applied: Applied, pending: Pending) -> Found:
    validated = pending.validations(applied, add.table, check.name)
    whole = replace(check, valid=check.valid or bool(validated))
    return Found(AddCheckIntent(add.table, whole), (applied, *validated))


def recipe(intent: AddCheckIntent, situation: Situation) -> Iterator[Deploy]:
    """Yield the deploys: code that complies, NOT VALID, VALIDATE."""
    del situation
    table, check = intent.table, intent.constraint
    name = check.name or ""
    yield blocks.code(
        f"write only what {name} accepts",
        CodeChange(f"no INSERT INTO or UPDATE of {table} breaks CHECK ({check.expression.sql})"),
    )
    yield blocks.schema(
        Phase.MIGRATE,
        f"CHECK {name} for new rows",
        (
            blocks.add_not_valid(
                table,
                replace(check, valid=False),
                "an instant: rows that are there are not read",
            ),
        ),
        works_with=(1,),
        gate=(blocks.retired(1),),
        min_soak=blocks.SOAK,
    )
    if not check.valid:
        return
    violators = f"SELECT count(*) FROM {quoting.name(table)} WHERE NOT ({check.expression.sql})"
    yield blocks.schema(
        Phase.MIGRATE,
        f"validate {name}",
        (blocks.validate(table, name, again=replace(check, valid=False)),),
        works_with=(1,),
        gate=(blocks.none_left(f"rows of {table} that break {name}", violators),),
    )
