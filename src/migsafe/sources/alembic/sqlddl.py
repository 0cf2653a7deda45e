"""SQLAlchemy's DDL constructs that `op.execute` takes, as SQL."""

from migsafe.sources.alembic.values import (
    Arguments,
    MiniTable,
    NotKnownError,
    SaSequence,
    SqlText,
    Unknown,
    Value,
    known_flag,
    known_text,
)
from migsafe.writing.quoting import identifier
from migsafe.writing.quoting import name as quoted


def ddl_text(leaf: str, arguments: Arguments) -> "Value | None":
    """Return what a DDL construct is worth; None if the class is none that is read here."""
    try:
        match leaf:
            case "CreateSchema" | "DropSchema":
                return _schema(leaf.removesuffix("Schema").upper(), arguments)
            case "CreateSequence" | "DropSequence":
                return _sequence(leaf.removesuffix("Sequence").upper(), arguments)
            case "DropTable":
                return _drop_table(arguments)
            case "DDL":
                return SqlText(known_text(arguments.at(0), "the statement"))
            case _:
                return None
    except NotKnownError as error:
        return Unknown(str(error))


def _guard(verb: str, arguments: Arguments) -> str:
    name, words = (
        ("if_not_exists", "IF NOT EXISTS ")
        if verb == "CREATE"
        else (
            "if_exists",
            "IF EXISTS ",
        )
    )
    return words if known_flag(arguments.keyword(name), name) else ""


def _schema(verb: str, arguments: Arguments) -> SqlText:
    name = identifier(known_text(arguments.at(0) or arguments.keyword("name"), "the schema"))
    cascade = " CASCADE" if known_flag(arguments.keyword("cascade"), "cascade") else ""
    return SqlText(f"{verb} SCHEMA {_guard(verb, arguments)}{name}{cascade}")


def _sequence(verb: str, arguments: Arguments) -> SqlText:
    match arguments.at(0):
        case SaSequence(name=name):
            return SqlText(f"{verb} SEQUENCE {_guard(verb, arguments)}{quoted(name)}")
        case _:
            raise NotKnownError("the sequence is not known")


def _drop_table(arguments: Arguments) -> SqlText:
    match arguments.at(0):
        case MiniTable(name=name):
            return SqlText(f"DROP TABLE {_guard('DROP', arguments)}{quoted(name)}")
        case _:
            raise NotKnownError("the table is not known")
