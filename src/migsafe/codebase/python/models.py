"""Classes and objects of a Python file that stand for tables, and what their columns are."""

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from migsafe.codebase.naming import snake
from migsafe.codebase.python.frameworks import KEYS, Framework, framework_of, is_column
from migsafe.codebase.python.syntax import full_name, keyword, last, meta_of, text_of
from migsafe.model.errors import InputError
from migsafe.sources.alembic.values import Module


@dataclass(slots=True, eq=False)
class Column:
    """A column of a model: what the code calls it, what the database does, where it stands."""

    attribute: str
    name: str
    node: ast.expr | ast.stmt


@dataclass(slots=True, eq=False)
class Model:
    """What stands for a table: `name` in the file, `table` None if the file does not say it.

    `others` are attributes that are no columns: relationships, methods, properties. `mixin`
    marks what has columns for others and no table.
    """

    name: str
    framework: Framework
    table: str | None = None
    schema: str | None = None
    mixin: bool = False
    bases: tuple[str, ...] = ()
    columns: dict[str, Column] = field(default_factory=dict)
    own: list[Column] = field(default_factory=list)
    others: set[str] = field(default_factory=set)
    node: ast.expr | ast.stmt | None = None
    named: ast.expr | None = None

    def column(self, attribute: str) -> str | None:
        """Return the column of an attribute, None if there is none in the file."""
        found = self.columns.get(attribute)
        return None if found is None else found.name


MANY = frozenset({"ManyToManyField", "SortedManyToManyField"})
"""Fields that make a table between two."""
_NO_COLUMNS = MANY | frozenset(
    (
        *("GenericForeignKey", "GenericRelation"),
        *("relationship", "association_proxy", "synonym", "column_property", "hybrid_property"),
        *("composite", "query_expression", "backref", "dynamic_loader", "Relationship"),
    )
)
_UNMAPPED = frozenset({"ClassVar", "InitVar", "Final"})


def find(module: Module, path: str) -> dict[str, Model]:
    """Return what stands for tables in a file, by name, inherited columns among theirs."""
    found: dict[str, Model] = {}
    pending: list[ast.stmt] = list(reversed(module.body))
    while pending:
        match pending.pop():
            case ast.ClassDef() as node:
                model = _model(node, module, path)
                if model is not None:
                    found[node.name] = model
                pending += [each for each in reversed(node.body) if isinstance(each, ast.ClassDef)]
            case (
                ast.Assign(targets=[ast.Name(id=name)], value=ast.Call() as call)
                | ast.AnnAssign(target=ast.Name(id=name), value=ast.Call() as call)
            ) if last(call.func) == "Table":
                table = of_table(name, call, module)
                if table is not None:
                    found[name] = table
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.If() | ast.Try() as node:
                pending += reversed(node.body)
            case _:
                pass
    _inherit(found)
    return found


def of_table(name: str, call: ast.Call, module: Module) -> Model | None:
    """Return what `Table("users", metadata, Column("id"), …)` describes."""
    table = text_of(call.args[0], module) if call.args else None
    if table is None:
        return None
    model = Model(name, Framework.SQLALCHEMY, table, node=call, named=call.args[0])
    model.schema = text_of(keyword(call, "schema"), module)
    for each in call.args[1:]:
        if isinstance(each, ast.Call) and is_column(each):
            column = _column_name(each, module)
            if column is not None:
                key = text_of(keyword(each, "key"), module) or column
                _add(model, Column(key, column, each))
    return model


def _add(model: Model, column: Column) -> None:
    model.columns[column.attribute] = column
    model.own.append(column)


def _column_name(call: ast.Call, module: Module) -> str | None:
    given = text_of(call.args[0], module) if call.args else None
    return given or text_of(keyword(call, "name"), module)


def _model(node: ast.ClassDef, module: Module, path: str) -> Model | None:
    framework = framework_of(node, module)
    if framework is None:
        return None
    model = Model(node.name, framework, node=node)
    model.bases = tuple(name for base in node.bases if (name := last(base)))
    for statement in node.body:
        _read_member(model, statement, module)
    if framework in {Framework.SQLALCHEMY, Framework.SQLMODEL}:
        _name_by_attributes(model, node, module)
    else:
        _name_by_meta(model, node, module, path)
    return model


def _read_member(model: Model, statement: ast.stmt, module: Module) -> None:
    match statement:
        case (
            ast.Assign(targets=[ast.Name(id=name)], value=ast.Call() as call)
            | ast.AnnAssign(target=ast.Name(id=name), value=ast.Call() as call)
        ):
            annotation = statement.annotation if isinstance(statement, ast.AnnAssign) else None
            _read_call(model, name, call, annotation, module)
        case ast.AnnAssign(target=ast.Name(id=name), annotation=annotation):
            if last(annotation) == "Mapped" or (
                model.framework is Framework.SQLMODEL and last(annotation) not in _UNMAPPED
            ):
                _add(model, Column(name, name, statement))
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
            made = _declared(statement)
            if made is None:
                model.others.add(name)
            else:
                _add(model, Column(name, _column_name(made, module) or name, statement))
        case _:
            pass


def _declared(node: ast.FunctionDef | ast.AsyncFunctionDef) -> ast.Call | None:
    """Return the column that a method under `declared_attr` returns."""
    if not any(last(each).startswith("declared_attr") for each in node.decorator_list):
        return None
    match node.body[-1]:
        case ast.Return(value=ast.Call() as call) if is_column(call):
            return call
        case _:
            return None


def _read_call(
    model: Model, name: str, call: ast.Call, annotation: ast.expr | None, module: Module
) -> None:
    made = last(call.func)
    if made in {"deferred", "column_property"} and call.args and isinstance(call.args[0], ast.Call):
        call = call.args[0]
        made = last(call.func)
    if made in _NO_COLUMNS:
        model.others.add(name)
        return
    match model.framework:
        case Framework.SQLALCHEMY:
            if is_column(call) or (annotation is not None and last(annotation) == "Mapped"):
                column = _column_name(call, module) if is_column(call) else None
                _add(model, Column(name, column or name, call))
        case Framework.SQLMODEL:
            inner = keyword(call, "sa_column")
            column = _column_name(inner, module) if isinstance(inner, ast.Call) else None
            if annotation is not None and last(annotation) not in _UNMAPPED:
                _add(model, Column(name, column or name, call))
        case _:
            if made.endswith("Field") or made in KEYS:
                given = keyword(call, "db_column", "column_name", "source_field")
                key = f"{name}_id" if made in KEYS else name
                own = Column(name, text_of(given, module) or key, call)
                _add(model, own)
                if made in KEYS:
                    model.columns.setdefault(f"{name}_id", own)


def _name_by_attributes(model: Model, node: ast.ClassDef, module: Module) -> None:
    for statement in node.body:
        match statement:
            case (
                ast.Assign(targets=[ast.Name(id="__tablename__")], value=value)
                | ast.AnnAssign(target=ast.Name(id="__tablename__"), value=value)
            ):
                model.table, model.named = text_of(value, module), value
            case ast.Assign(targets=[ast.Name(id="__table__")], value=ast.Call() as call):
                table = of_table(node.name, call, module)
                if table is not None:
                    model.table, model.schema, model.named = table.table, table.schema, table.named
                    model.columns |= table.columns
            case ast.Assign(targets=[ast.Name(id="__table_args__")], value=value):
                model.schema = model.schema or _schema_of(value, module)
            case ast.FunctionDef(name="__tablename__", body=[*_, ast.Return(value=value)]):
                model.table, model.named = text_of(value, module), value
            case _:
                pass
    said = {each.id for each in _names_assigned(node.body)}
    if model.table is None and "__tablename__" not in said | model.others:
        if model.framework is Framework.SQLMODEL:
            is_table = any(
                each.arg == "table" and isinstance(each.value, ast.Constant) and each.value.value
                for each in node.keywords
            )
            model.table = node.name.lower() if is_table else None
        elif any(full_name(base, module).endswith("db.Model") for base in node.bases):
            model.table = snake(node.name)
    model.mixin = model.table is None


def _names_assigned(body: Sequence[ast.stmt]) -> Iterator[ast.Name]:
    for statement in body:
        match statement:
            case ast.Assign(targets=targets):
                yield from (each for each in targets if isinstance(each, ast.Name))
            case ast.AnnAssign(target=ast.Name() as name):
                yield name
            case _:
                pass


def _schema_of(value: ast.expr, module: Module) -> str | None:
    if isinstance(value, ast.Tuple) and value.elts:
        value = value.elts[-1]
    if isinstance(value, ast.Dict):
        for key, given in zip(value.keys, value.values, strict=True):
            if key is not None and text_of(key, module) == "schema":
                return text_of(given, module)
    return None


def _name_by_meta(model: Model, node: ast.ClassDef, module: Module, path: str) -> None:
    meta = meta_of(node)
    match meta.get("abstract"):
        case ast.Constant(value=True):
            model.mixin = True
            return
        case _:
            pass
    named = meta.get("db_table") or meta.get("table_name") or meta.get("table")
    schema = text_of(meta.get("schema"), module)
    if named is not None:
        model.table, model.named, model.schema = text_of(named, module), named, schema
        return
    if model.framework is not Framework.DJANGO:
        model.table, model.schema = node.name.lower(), schema
        return
    label = text_of(meta.get("app_label"), module) or app_of(path)
    model.table = None if label is None else f"{label}_{node.name.lower()}"
    calls = (each.node for each in model.own if isinstance(each.node, ast.Call))
    if not any(keyword(call, "primary_key") for call in calls):
        model.columns.setdefault("id", Column("id", "id", node))


def app_of(path: str) -> str | None:
    """Return the label of the Django application that a file of models belongs to.

    It is the folder of `models.py`, or of the package `models`. An AppConfig may say another
    one: then the table is not found by this name.
    """
    folders = path.split("/")[:-1]
    while folders and folders[-1] == "models":
        folders.pop()
    if "models" in folders:
        folders = folders[: folders.index("models")]
    return folders[-1].lower() if folders else None


_MOST_INHERITED = 200_000


def _inherit(models: dict[str, Model]) -> None:
    """Give each model the columns of its bases in the file, and the table of its parent."""
    done: set[str] = set()
    taken = 0
    for name in models:
        stack = [name]
        while stack:
            model = models[stack[-1]]
            waiting = [
                base
                for base in model.bases
                if base in models and base not in done and base not in stack
            ]
            if waiting:
                stack.append(waiting[0])
                continue
            done.add(stack.pop())
            for base in model.bases:
                if base in models and base != model.name:
                    _take(model, models[base])
                    taken += len(models[base].columns)
            if taken > _MOST_INHERITED:
                raise InputError("too many inherited columns")


def _take(model: Model, base: Model) -> None:
    for attribute, column in base.columns.items():
        model.columns.setdefault(attribute, column)
        if base.mixin and not model.mixin:
            model.own.append(column)
    model.others |= base.others
    if model.table is None and base.table is not None:
        # One table for parent and child: no table is said for the child.
        model.table, model.schema, model.mixin = base.table, base.schema, False
