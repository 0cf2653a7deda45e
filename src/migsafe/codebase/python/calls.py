"""What calls name: keywords, strings and dictionaries that stand for columns."""

import ast

from migsafe.codebase.python.declaring import columns, construct
from migsafe.codebase.python.models import Model
from migsafe.codebase.python.state import Context, State
from migsafe.codebase.python.syntax import last, strings
from migsafe.model.code import Basis, UseKind

_READING = frozenset(
    (
        *("filter_by", "filter", "exclude", "get", "get_object_or_404", "get_list_or_404"),
        *("get_or_404", "first_or_404", "aget", "afilter", "Q", "When", "get_or_none", "exists"),
    )
)
_WRITING = frozenset(
    (
        *("update", "values", "create", "acreate", "aupdate", "get_or_create", "update_or_create"),
        *("aget_or_create", "aupdate_or_create", "insert", "defaults", "evolve", "bulk_create"),
    )
)
_NAMING = frozenset(
    (
        *("values", "values_list", "only", "defer", "order_by", "select_related", "distinct"),
        *("prefetch_related", "latest", "earliest", "group_by", "load_only", "dates", "datetimes"),
        *("F", "OuterRef", "Count", "Sum", "Avg", "Min", "Max", "Lower", "Upper", "Coalesce"),
        *("Prefetch", "undefer", "column", "SearchVector", "ArrayAgg", "StringAgg", "Trunc"),
        *("TruncDate", "TruncDay", "TruncMonth", "Cast", "Length", "Concat", "Greatest", "Least"),
        *("bulk_update", "attrgetter", "in_bulk"),
    )
)
_WITH_DICTIONARY = frozenset(
    ("update", "values", "insert", "bulk_insert_mappings", "bulk_update_mappings")
)
_LISTED = {
    "update_fields": True,
    "unique_fields": False,
    "index_elements": False,
    "field_name": False,
    "set_": True,
    "defaults": True,
}
"""Keywords whose values name columns, and whether these are written."""
_NO_COLUMNS = frozenset({"defaults", "flat", "named", "synchronize_session", "using", "timeout"})


def call(state: State, node: ast.Call, context: Context) -> None:
    """Note what a call names beside what its parts do."""
    if construct(state, node, context):
        return
    name = last(node.func)
    match name:
        case "getattr" | "setattr" | "hasattr" | "delattr" if len(node.args) > 1:
            model = state.models.get(state.class_of(node.args[0], context) or "")
            columns(state, model, strings(node.args[1]), name, writes=name == "setattr")
            return
        case _:
            pass
    match node.func:
        case ast.Attribute(value=ast.Name(id="func")):
            state.found.add(
                UseKind.FUNCTION, name, node.func, Basis.EXACT, "function of SQLAlchemy"
            )
            return
        case _:
            pass
    subject = state.subject(node, context)
    model = state.models.get(subject or "")
    if name in _NAMING:
        for each in node.args:
            columns(state, model, _paths(each), f"{name}()", writes=False)
    if name in _WITH_DICTIONARY:
        for each in node.args:
            _keys(state, each, model, f"key given to {name}()")
    _keywords(state, node, name, subject, model)


def _paths(node: ast.expr) -> list[tuple[str, ast.expr]]:
    """Return what a lookup of Django begins with: `author__name` is a column `author`."""
    return [(text.partition("__")[0], each) for text, each in strings(node)]


def _keys(state: State, node: ast.expr, model: Model | None, how: str) -> None:
    match node:
        case ast.List(elts=elements) | ast.Tuple(elts=elements):
            rows = [each for each in elements if isinstance(each, ast.Dict)]
        case ast.Dict():
            rows = [node]
        case _:
            rows = []
    for row in rows:
        for key in row.keys:
            if key is not None:
                columns(state, model, strings(key), how, writes=True)


def _keywords(
    state: State, node: ast.Call, name: str, subject: str | None, model: Model | None
) -> None:
    constructs = state.class_of(node, Context()) == name
    for each in node.keywords:
        if each.arg is None:
            continue
        if each.arg in _LISTED:
            writes = _LISTED[each.arg]
            columns(state, model, strings(each.value), f"{each.arg}=", writes=writes)
            _keys(state, each.value, model, f"key given to {each.arg}=")
        elif each.arg == "constraint":
            for text, inner in strings(each.value):
                state.done.add(id(inner))
                state.found.add(
                    UseKind.CONSTRAINT, text, inner, Basis.LIKELY, "constraint by its name"
                )
        if each.arg in _NO_COLUMNS:
            continue
        if name in _READING or name in _WRITING:
            _keyword(state, each, model, subject, writes=name in _WRITING)
        elif constructs:
            _keyword(state, each, state.models.get(name), name, writes=True)
        else:
            state.found.add(
                UseKind.COLUMN, each.arg, each.value, Basis.MENTION, "keyword argument", owner=name
            )


def _keyword(
    state: State, each: ast.keyword, model: Model | None, owner: str | None, *, writes: bool
) -> None:
    first, *rest = (each.arg or "").split("__")
    column = None if model is None else model.column(first)
    known = model is not None and model.table is not None and column is not None
    if model is None or first not in model.others:
        state.found.add(
            UseKind.COLUMN,
            column or first,
            each,
            Basis.EXACT if known else Basis.LIKELY,
            "keyword argument",
            table=None if model is None else model.table,
            schema=None if model is None else model.schema,
            writes=writes,
            owner=owner,
        )
    for part in rest:
        # What follows is a column of the model behind it, or the name of a comparison.
        state.found.add(
            UseKind.COLUMN, part, each, Basis.MENTION, "lookup through a relation", writes=False
        )
