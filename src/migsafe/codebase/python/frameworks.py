"""Whose conventions a class of a Python file follows."""

import ast
from enum import StrEnum

from migsafe.codebase.python.syntax import full_name, last
from migsafe.model.pattern import pattern
from migsafe.sources.alembic.values import Module


class Framework(StrEnum):
    """Whose conventions say what a class's table and columns are called."""

    SQLALCHEMY = "SQLAlchemy"
    SQLMODEL = "SQLModel"
    DJANGO = "Django"
    PEEWEE = "peewee"
    TORTOISE = "Tortoise"


_HOMES = (
    ("django", Framework.DJANGO),
    ("models.", Framework.DJANGO),
    ("gis_models.", Framework.DJANGO),
    ("peewee", Framework.PEEWEE),
    ("playhouse", Framework.PEEWEE),
    ("tortoise", Framework.TORTOISE),
    ("sqlmodel", Framework.SQLMODEL),
)
_STRANGERS = pattern(
    r"(?:django\.forms|django_filters|rest_framework|forms|serializers|filters|wtforms|graphene"
    r"|marshmallow|ninja|pydantic|dataclasses|attrs?)\b"
)
KEYS = frozenset({"ForeignKey", "OneToOneField", "ForeignKeyField"})
"""Fields whose column ends in `_id`."""


def framework_of(node: ast.ClassDef, module: Module) -> Framework | None:
    """Return whose model a class is, by its bases or by one of its columns."""
    for base in node.bases:
        found = _of_base(full_name(base, module))
        if found is not None:
            return found
    for statement in node.body:
        match statement:
            case ast.Assign(targets=[ast.Name(id="__tablename__" | "__table__")]):
                return Framework.SQLALCHEMY
            case ast.AnnAssign(annotation=annotation) if last(annotation) == "Mapped":
                return Framework.SQLALCHEMY
            case ast.Assign(value=ast.Call() as call) | ast.AnnAssign(value=ast.Call() as call):
                if is_column(call) and not _STRANGERS.match(full_name(call.func, module)):
                    return Framework.SQLALCHEMY
                home = _home_of_field(call, module)
                if home is not None:
                    return home
            case _:
                pass
    return None


def _of_base(name: str) -> Framework | None:
    if name.endswith("SQLModel"):
        return Framework.SQLMODEL
    if not name.endswith(".Model"):
        return None
    return Framework.SQLALCHEMY if name.endswith("db.Model") else _home(name)


def _home(name: str) -> Framework | None:
    if _STRANGERS.match(name):
        return None
    return next((home for start, home in _HOMES if name.startswith(start)), None)


def _home_of_field(call: ast.Call, module: Module) -> Framework | None:
    name = last(call.func)
    if not (name.endswith("Field") or name in KEYS):
        return None
    home = _home(full_name(call.func, module))
    # `Field` of SQLModel is pydantic's in a class that is no table.
    return None if home is Framework.SQLMODEL else home


def is_column(call: ast.Call) -> bool:
    """Say whether a call makes a column of SQLAlchemy, or of a kind that a project has made."""
    name = last(call.func)
    return name == "mapped_column" or name.endswith("Column")
