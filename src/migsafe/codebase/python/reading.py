"""One pass over a Python file: what its attributes, calls and strings name."""

import ast
from collections import ChainMap
from collections.abc import Iterator, MutableMapping, Sequence

from migsafe.codebase.python import calls, declaring, texts
from migsafe.codebase.python.found import Found
from migsafe.codebase.python.models import Model, find, of_table
from migsafe.codebase.python.state import Context, State
from migsafe.codebase.python.syntax import full_name, last, text_of
from migsafe.model.code import Basis, Use, UseKind
from migsafe.sources.alembic.modules import import_names
from migsafe.sources.alembic.values import Module

_ENUM_BASES = frozenset({"Enum", "StrEnum", "IntEnum", "TextChoices", "IntegerChoices"})
_NO_COLUMNS = frozenset({"c", "columns", "objects", "metadata", "__table__", "T"})


def read(module: Module) -> tuple[Use, ...]:
    """Return what a file names, in its order.

    Nothing recurses: how deep a file nests is for the file to choose.
    """
    models = find(module, module.path)
    state = State(module, models, Found(module), _enums(module), _packages(module))
    declaring.models(state)
    stack: list[tuple[ast.AST, Context]] = [(node, Context()) for node in reversed(module.body)]
    while stack:
        node, context = stack.pop()
        inner = _inside(state, node, context)
        _visit(state, node, context)
        stack += [(child, inner) for child in _children(node)]
    return state.found.all()


def _inside(state: State, node: ast.AST, context: Context) -> Context:
    """Return where the children of a node stand."""
    match node:
        case ast.ClassDef(name=name):
            # The options of a model speak of the model.
            is_option = name == "Meta" and context.owner is not None
            return context if is_option else Context(name, state.models.get(name))
        case ast.FunctionDef() | ast.AsyncFunctionDef():
            # The arguments of a table may be what a method returns.
            model = context.model if node.name == "__table_args__" else None
            return Context(context.owner, model, _variables(state, node, context))
        case ast.Call(func=func) if last(func) == "Table":
            return Context(context.owner, of_table("", node, state.module), context.variables)
        case _:
            return context


def _visit(state: State, node: ast.AST, context: Context) -> None:
    match node:
        case ast.Call():
            texts.argument(state, node, context.model)
            calls.call(state, node, context)
        case ast.Name(id=name, ctx=ast.Load()) if name in state.models:
            declaring.table(state, state.models[name], node)
        case ast.Attribute():
            _attribute(state, node, context)
        case ast.Subscript(slice=ast.Constant(value=str() as key)):
            _key(state, node, key, context)
        case ast.AnnAssign(target=ast.Name(id=name)) if context.owner and not context.model:
            state.found.add(
                UseKind.COLUMN,
                name,
                node,
                Basis.MENTION,
                "field of a class",
                owner=context.owner,
            )
        case ast.AnnAssign() if context.model:
            declaring.annotated(state, node, context.model)
        case ast.Constant(value=str()) | ast.JoinedStr() | ast.BinOp(op=ast.Add()):
            texts.read(state, node)
        case _:
            pass


def _children(node: ast.AST) -> list[ast.AST]:
    """Return what stands below a node and may name something, last first: no annotations."""
    match node:
        case ast.Call(func=ast.Attribute(value=value)):
            # The name of a method is none of a column.
            found: list[ast.AST] = [value, *node.args, *node.keywords]
        case ast.AnnAssign(target=target, value=value):
            found = [target] if value is None else [target, value]
        case ast.FunctionDef(args=args) | ast.AsyncFunctionDef(args=args):
            defaults = (each for each in (*args.defaults, *args.kw_defaults) if each is not None)
            found = [*node.decorator_list, *defaults, *node.body]
        case ast.Import() | ast.ImportFrom():
            return []
        case ast.Expr(value=ast.Constant()):
            # A docstring, or a string that nothing is done with.
            return []
        case _:
            found = [each for each in ast.iter_child_nodes(node) if _speaks(each)]
    found.reverse()
    return found


def _speaks(node: ast.AST) -> bool:
    return not isinstance(node, (ast.expr_context, ast.operator, ast.cmpop, ast.boolop))


def _packages(module: Module) -> set[str]:
    """Return the names of imported packages: their attributes are no columns."""
    return {
        name
        for statement in module.body
        if isinstance(statement, ast.Import)
        for name, _ in import_names(statement)
    }


def _enums(module: Module) -> dict[str, dict[str, str | None]]:
    """Return the members of the file's enums, each with its value if that is a string."""
    found: dict[str, dict[str, str | None]] = {}
    for node in module.classes.values():
        bases = (full_name(base, module).rpartition(".")[2] for base in node.bases)
        if _ENUM_BASES.isdisjoint(bases):
            continue
        members: dict[str, str | None] = {}
        for statement in node.body:
            match statement:
                case ast.Assign(targets=[ast.Name(id=name)], value=value):
                    held = value.elts[0] if isinstance(value, ast.Tuple) and value.elts else value
                    members[name] = text_of(held, module)
                case _:
                    pass
        found[node.name] = members
    return found


def _variables(
    state: State, node: ast.FunctionDef | ast.AsyncFunctionDef, context: Context
) -> MutableMapping[str, str]:
    """Return the classes of a function's parameters and of what it makes or queries."""
    found: dict[str, str] = {}
    arguments = node.args
    for each in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs):
        if each.annotation is not None:
            named = _class_in(each.annotation)
            if named is not None:
                found[each.arg] = named
    for name, value in _assigned(node.body):
        named = state.subject(value, Context(context.owner, None, {}))
        if named is not None and named != name:
            found.setdefault(name, named)
    return ChainMap(found, context.variables) if context.variables else found


def _class_in(annotation: ast.expr) -> str | None:
    """Return the class that an annotation names: `User`, `User | None`, `Optional[User]`."""
    match annotation:
        case ast.BinOp(left=left, right=ast.Constant(value=None)):
            return _class_in(left)
        case ast.Subscript(value=ast.Name(id="Optional" | "Annotated"), slice=inner):
            first = inner.elts[0] if isinstance(inner, ast.Tuple) and inner.elts else inner
            return None if isinstance(first, ast.Subscript) else _class_in(first)
        case ast.Constant(value=str() as text) if text.isidentifier():
            return text
        case ast.Name() | ast.Attribute():
            name = last(annotation)
            return name if name[:1].isupper() else None
        case _:
            return None


def _assigned(body: Sequence[ast.stmt]) -> Iterator[tuple[str, ast.expr]]:
    """Yield the variables that a body assigns, also those of its loops, with their values."""
    stack: list[ast.stmt] = list(reversed(body))
    while stack:
        statement = stack.pop()
        match statement:
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                yield name, value
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
                yield name, value
            case (
                ast.For(target=ast.Name(id=name), iter=value)
                | ast.AsyncFor(target=ast.Name(id=name), iter=value)
            ):
                yield name, value
            case _:
                pass
        for part in ("body", "orelse", "finalbody", "handlers"):
            for inner in getattr(statement, part, ()):
                if isinstance(inner, ast.stmt) and not isinstance(
                    inner, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
                ):
                    stack.append(inner)
                elif isinstance(inner, ast.ExceptHandler):
                    stack += inner.body


def _attribute(state: State, node: ast.Attribute, context: Context) -> None:
    name = node.attr
    if name.startswith("__") or name in _NO_COLUMNS:
        return
    owner = state.class_of(node.value, context)
    if name[:1].isupper():
        if owner is not None and name.isupper():
            value = state.enums.get(owner, {}).get(name)
            state.label(node, owner, name, value)
        return
    writes = not isinstance(node.ctx, ast.Load)
    model = state.models.get(owner or "")
    if model is not None:
        _of_model(state, node, model, writes=writes)
        return
    basis = Basis.LIKELY
    match node.value:
        case ast.Name(id="self" | "cls"):
            basis = Basis.MENTION
        case ast.Name(id=held):
            if held in state.packages:
                return
            owner = owner or held
        case ast.Attribute(attr=held):
            owner = owner or held
        case _:
            pass
    for column in state.columns_called(name):
        state.found.add(
            UseKind.COLUMN, column, node, basis, "attribute", writes=writes, owner=owner
        )


def _of_model(state: State, node: ast.Attribute, model: Model, *, writes: bool) -> None:
    """Note an attribute of a model of the file."""
    if node.attr in model.others:
        return
    column = model.column(node.attr)
    known = column is not None and model.table is not None
    state.found.add(
        UseKind.COLUMN,
        column or node.attr,
        node,
        Basis.EXACT if known else Basis.LIKELY,
        "attribute of a mapped class",
        table=model.table,
        schema=model.schema,
        writes=writes,
        owner=model.name,
    )


def _key(state: State, node: ast.Subscript, key: str, context: Context) -> None:
    if not key.isidentifier():
        return
    state.done.add(id(node.slice))
    owner = state.class_of(node.value, context)
    model = state.models.get(owner or "")
    declaring.columns(
        state,
        model,
        ((key, node.slice),),
        "key in brackets",
        writes=not isinstance(node.ctx, ast.Load),
    )
