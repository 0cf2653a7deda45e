"""What readers ask of an expression."""

from dataclasses import dataclass, field

from migsafe.model.expressions import Expression
from migsafe.model.pattern import pattern
from migsafe.parsers.postgres import canonical, pb
from migsafe.parsers.postgres.names import strings
from migsafe.parsers.postgres.walking import walk

# Nodes that are constant if what they hold is. Everything else (COALESCE, CASE, …) may
# be constant in truth, but nobody needs to know.
_CONSTANT_PARTS = (
    pb.A_ArrayExpr,
    pb.A_Expr,
    pb.BoolExpr,
    pb.BooleanTest,
    pb.CollateClause,
    pb.List,
    pb.NullTest,
    pb.RowExpr,
    pb.TypeCast,
)
_PLAIN_STRING = pattern(r"[^'\\]*")
# The deparser writes these as they stand; calling it costs as much as the whole parse.
_PLAIN_CALLS = frozenset(
    {"clock_timestamp", "gen_random_uuid", "now", "uuid_generate_v4", "uuidv7"}
)


@dataclass(slots=True)
class _Found:
    columns: dict[str, None] = field(default_factory=dict)
    functions: dict[str, None] = field(default_factory=dict)
    constant: bool = True
    subquery: bool = False
    parameter: bool = False


def read(node: pb.Node) -> Expression:
    """Return an expression with its columns, functions and whether it is constant."""
    kind = node.WhichOneof("node")
    if kind == "a_const":
        return Expression(_constant(node), constant=True)
    if kind == "func_call":
        called = node.func_call
        if len(called.ListFields()) == _FIELDS_OF_A_PLAIN_CALL:
            name = ".".join(strings(called.funcname))
            if name in _PLAIN_CALLS:
                return Expression(f"{name}()", functions=(name,))
    found = _Found()
    _collect(node, found)
    return Expression(
        canonical.expression(node),
        tuple(found.columns),
        tuple(found.functions),
        found.constant,
        found.subquery,
        found.parameter,
    )


_FIELDS_OF_A_PLAIN_CALL = 3  # funcname, funcformat, location


def _constant(node: pb.Node) -> str:
    constant = node.a_const
    match constant.WhichOneof("val"):
        case "ival":
            return str(constant.ival.ival)
        case "boolval":
            return "true" if constant.boolval.boolval else "false"
        case "sval" if _PLAIN_STRING.fullmatch(constant.sval.sval):
            return f"'{constant.sval.sval}'"
        case _:
            return canonical.expression(node)


def _collect(node: pb.Node, found: _Found) -> None:  # noqa: C901 - a table of nodes
    """Note what a node holds. Recursion is bounded: protobuf refuses deep trees."""
    match node.WhichOneof("node"):
        case None | "a_const":
            pass
        case "column_ref":
            _note(node.column_ref, found)
        case "a_expr":
            _collect(node.a_expr.lexpr, found)
            _collect(node.a_expr.rexpr, found)
        case "bool_expr":
            for part in node.bool_expr.args:
                _collect(part, found)
        case "type_cast":
            _collect(node.type_cast.arg, found)
        case "null_test":
            _collect(node.null_test.arg, found)
        case "list":
            for part in node.list.items:
                _collect(part, found)
        case _:
            for message, _ in walk(node):
                _note(message, found)


def _note(message: object, found: _Found) -> None:
    match message:
        case pb.ColumnRef():
            last = message.fields[-1]
            if last.HasField("string"):
                found.columns[last.string.sval] = None
            found.constant = False
        case pb.FuncCall():
            found.functions[function_name(message)] = None
            found.constant = False
        case pb.SQLValueFunction():
            found.functions[keyword_function(message)] = None
            found.constant = False
        case pb.ParamRef():
            found.parameter = True
            found.constant = False
        case pb.SubLink():
            found.subquery = True
            found.constant = False
        case _:
            found.constant = found.constant and isinstance(message, _CONSTANT_PARTS)


def function_name(call: pb.FuncCall) -> str:
    """Return a called function's name as it was written, in lower case."""
    parts = strings(call.funcname)
    if call.funcformat == pb.COERCE_SQL_SYNTAX:
        # EXTRACT, AT TIME ZONE and the like: the schema is the grammar's addition.
        parts = parts[-1:]
    return ".".join(parts).lower()


def keyword_function(function: pb.SQLValueFunction) -> str:
    """Return the word of CURRENT_DATE, CURRENT_USER and the like, in lower case."""
    word: str = pb.SQLValueFunctionOp.Name(function.op).removeprefix("SVFOP_")
    return word.removesuffix("_N").lower()
