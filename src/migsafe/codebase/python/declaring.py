"""What mappings and constructs declare: tables, columns, constraints, indexes, types, labels."""

import ast
from collections.abc import Iterable

from migsafe.codebase.python.frameworks import Framework
from migsafe.codebase.python.models import MANY, Model
from migsafe.codebase.python.state import Context, State
from migsafe.codebase.python.syntax import keyword, last, meta_of, strings, text_of
from migsafe.model.code import Basis, UseKind

_ENUMS = frozenset({"Enum", "ENUM", "SAEnum", "SqlEnum", "PgEnum", "SQLEnum", "SqlAlchemyEnum"})
_CONSTRAINTS = {
    "UniqueConstraint": UseKind.CONSTRAINT,
    "PrimaryKeyConstraint": UseKind.CONSTRAINT,
    "ExcludeConstraint": UseKind.CONSTRAINT,
    "ExclusionConstraint": UseKind.CONSTRAINT,
    "CheckConstraint": UseKind.CONSTRAINT,
    "ForeignKeyConstraint": UseKind.CONSTRAINT,
    "Index": UseKind.INDEX,
    "GinIndex": UseKind.INDEX,
    "GistIndex": UseKind.INDEX,
    "BrinIndex": UseKind.INDEX,
    "HashIndex": UseKind.INDEX,
    "BTreeIndex": UseKind.INDEX,
}
_LISTS = frozenset({"ordering", "unique_together", "index_together", "indexes"})
CONSTRUCTS = (
    _ENUMS
    | _CONSTRAINTS.keys()
    | {
        *("Column", "mapped_column", "ForeignKey", "Table", "relationship", "deferred"),
    }
)


def models(state: State) -> None:
    """Note the tables and columns of the file's models."""
    for model in state.models.values():
        if model.node is None:
            continue
        if model.table is not None:
            state.found.add(
                UseKind.TABLE,
                model.table,
                model.named or model.node,
                Basis.EXACT,
                "mapped table",
                table=model.table,
                schema=model.schema,
                owner=model.name,
            )
        for column in model.own:
            state.found.add(
                UseKind.COLUMN,
                column.name,
                column.node,
                Basis.LIKELY if model.table is None else Basis.EXACT,
                "mapped column",
                table=model.table,
                schema=model.schema,
                owner=model.name,
            )
        if isinstance(model.node, ast.ClassDef) and model.framework is Framework.DJANGO:
            _django(model, model.node, state)


def table(state: State, model: Model, node: ast.expr) -> None:
    """Note that a model is named, and with it its table."""
    if model.table is not None:
        state.found.add(
            UseKind.TABLE,
            model.table,
            node,
            Basis.EXACT,
            "mapped class",
            table=model.table,
            schema=model.schema,
            owner=model.name,
        )


def _django(model: Model, node: ast.ClassDef, state: State) -> None:
    """Note the tables between models, and the columns that `Meta` names."""
    for statement in node.body:
        match statement:
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Call() as call) if last(
                call.func
            ) in MANY and not keyword(call, "through"):
                table = text_of(keyword(call, "db_table"), state.module)
                if table is None and model.table is not None:
                    table = f"{model.table}_{name}"
                if table is not None:
                    state.found.add(
                        UseKind.TABLE,
                        table,
                        call,
                        Basis.EXACT,
                        "table between models",
                        table=table,
                        owner=model.name,
                    )
            case _:
                pass
    for name, value in meta_of(node).items():
        if name in _LISTS:
            elements = value.elts if isinstance(value, (ast.List, ast.Tuple, ast.Set)) else []
            for each in (value, *elements):
                columns(state, model, strings(each), "option of a model")


def columns(
    state: State,
    model: Model | None,
    named: Iterable[tuple[str, ast.expr]],
    how: str,
    *,
    writes: bool | None = None,
) -> None:
    """Note columns of a model that are named by strings, as Django and SQLAlchemy take them."""
    for text, node in named:
        name = text.lstrip("-+")
        if not name.isidentifier():
            continue
        state.done.add(id(node))
        column = None if model is None else model.column(name)
        if model is not None and model.table is not None and column is not None:
            state.found.add(
                UseKind.COLUMN,
                column,
                node,
                Basis.EXACT,
                how,
                table=model.table,
                schema=model.schema,
                writes=writes,
                owner=model.name,
            )
        else:
            state.found.add(
                UseKind.COLUMN,
                column or name,
                node,
                Basis.LIKELY,
                how,
                table=None if model is None else model.table,
                schema=None if model is None else model.schema,
                writes=writes,
                owner=None if model is None else model.name,
            )


def construct(state: State, call: ast.Call, context: Context) -> bool:
    """Note what a construct of SQLAlchemy or Django names; say whether it is one."""
    name = last(call.func)
    if name not in CONSTRUCTS and not name.endswith(("Field", "Column")):
        return False
    if name in _ENUMS:
        _enum(state, call, context)
    elif name in _CONSTRAINTS:
        _constraint(state, call, name, context.model)
    elif name == "ForeignKey":
        for text, node in strings(call.args[0]) if call.args else ():
            _reference(state, text, node)
    elif name == "relationship":
        for text, node in strings(keyword(call, "secondary") or ast.Constant(None)):
            if text.isidentifier():
                _table(state, text, None, node, "table between models")
    return True


def _table(state: State, name: str, schema: str | None, node: ast.expr, how: str) -> None:
    state.done.add(id(node))
    state.found.add(
        UseKind.TABLE, name, node, Basis.EXACT, how, table=name, schema=schema, writes=None
    )


def _reference(state: State, text: str, node: ast.expr) -> None:
    """Note what a foreign key refers to: `users.id`, `auth.users.id` or `shop.User`."""
    *before, column = text.split(".")
    if not before or not all(each.isidentifier() for each in (*before, column)):
        return
    if column[0].isupper():
        # Django refers to a model, by its application.
        state.done.add(id(node))
        table = f"{before[-1]}_{column}".lower()
        state.found.add(UseKind.TABLE, table, node, Basis.LIKELY, "foreign key", table=table)
        return
    table, schema = before[-1], before[-2] if len(before) > 1 else None
    _table(state, table, schema, node, "foreign key")
    state.found.add(
        UseKind.COLUMN,
        column,
        node,
        Basis.EXACT,
        "foreign key",
        table=table,
        schema=schema,
    )


def _constraint(state: State, call: ast.Call, name: str, model: Model | None) -> None:
    """Note a constraint or an index by its name, and its columns."""
    kind = _CONSTRAINTS[name]
    given = keyword(call, "name")
    fields = keyword(call, "fields", "include")
    args = call.args
    if name.endswith("Index") and given is None and args:
        given, args = args[0], args[1:]
    for text, node in strings(given) if given is not None else ():
        state.done.add(id(node))
        state.found.add(
            kind,
            text,
            node,
            Basis.EXACT,
            f"{kind} of a mapping",
            table=None if model is None else model.table,
            schema=None if model is None else model.schema,
        )
    if name == "ForeignKeyConstraint":
        if len(args) > 1:
            for text, node in strings(args[1]):
                _reference(state, text, node)
        args = args[:1]
    if name != "CheckConstraint":
        for each in (*args, *((fields,) if fields is not None else ())):
            columns(state, model, strings(each), f"column of a {kind}")


def _enum(state: State, call: ast.Call, context: Context) -> None:
    """Note the type and the labels of an enum."""
    given = keyword(call, "name")
    type_name = text_of(given, state.module)
    labels = [*(pair for each in call.args for pair in strings(each))]
    classes = [each for each in call.args if isinstance(each, (ast.Name, ast.Attribute))]
    if type_name is None and classes:
        type_name = last(classes[0]).lower()
    if type_name is None:
        return
    state.found.add(
        UseKind.TYPE,
        type_name,
        given if given is not None else call,
        Basis.EXACT,
        "enum of a mapping",
        schema=text_of(keyword(call, "schema"), state.module),
        owner=None if context.model is None else context.model.name,
    )
    for text, node in labels:
        state.done.add(id(node))
        state.found.add(UseKind.LABEL, text, node, Basis.EXACT, "label of an enum", owner=type_name)
    by_value = keyword(call, "values_callable") is not None
    for each in classes:
        _labels(state, each, type_name, by_value=by_value)


def annotated(state: State, node: ast.AnnAssign, model: Model) -> None:
    """Note the types that SQLAlchemy makes of enums in `Mapped[…]`, called as their classes."""
    if last(node.annotation) != "Mapped" or model.framework is not Framework.SQLALCHEMY:
        return
    if any(isinstance(each, ast.Call) and last(each.func) in _ENUMS for each in _inside(node)):
        return
    for each in ast.walk(node.annotation):
        if isinstance(each, ast.Name) and each.id in state.enums:
            type_name = each.id.lower()
            how = "enum of a mapping"
            state.found.add(
                UseKind.TYPE,
                type_name,
                each,
                Basis.EXACT,
                how,
                schema=model.schema,
                owner=model.name,
            )
            _labels(state, each, type_name, by_value=False)


def _inside(node: ast.AnnAssign) -> Iterable[ast.AST]:
    return () if node.value is None else ast.walk(node.value)


def _labels(state: State, node: ast.expr, type_name: str, *, by_value: bool) -> None:
    """Note the members of a class as the labels of a type."""
    for member, value in state.enums.get(last(node), {}).items():
        label = value if by_value else member
        if label is not None:
            state.found.add(
                UseKind.LABEL, label, node, Basis.EXACT, "label of an enum", owner=type_name
            )
