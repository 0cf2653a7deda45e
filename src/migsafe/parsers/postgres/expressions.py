"""What readers ask of an expression."""

from postgast import pg_query_pb2 as pb

from migsafe.model.expressions import Expression
from migsafe.parsers.postgres import canonical
from migsafe.parsers.postgres.names import strings
from migsafe.parsers.postgres.walking import walk

# What a constant may be made of; everything else (COALESCE, CASE, rows of a query, …) may
# be constant in truth, but nobody needs to know.
_CONSTANT_PARTS = (
    pb.A_ArrayExpr,
    pb.A_Const,
    pb.A_Expr,
    pb.BitString,
    pb.BoolExpr,
    pb.Boolean,
    pb.BooleanTest,
    pb.CollateClause,
    pb.Float,
    pb.Integer,
    pb.List,
    pb.NullTest,
    pb.RowExpr,
    pb.String,
    pb.TypeCast,
    pb.TypeName,
)


def read(node: pb.Node) -> Expression:
    """Return an expression with its columns, functions and whether it is constant."""
    sql = canonical.expression(node)
    if node.HasField("a_const"):
        return Expression(sql, constant=True)
    columns: dict[str, None] = {}
    functions: dict[str, None] = {}
    constant = True
    subquery = False
    for message, _ in walk(node):
        match message:
            case pb.ColumnRef():
                last = message.fields[-1]
                if last.HasField("string"):
                    columns[last.string.sval] = None
                constant = False
            case pb.FuncCall():
                functions[function_name(message)] = None
                constant = False
            case pb.SQLValueFunction():
                functions[keyword_function(message)] = None
                constant = False
            case pb.SubLink():
                subquery = True
                constant = False
            case _:
                constant = constant and isinstance(message, _CONSTANT_PARTS)
    return Expression(sql, tuple(columns), tuple(functions), constant, subquery)


def function_name(call: pb.FuncCall) -> str:
    """Return a called function's name as it was written, in lower case."""
    parts = strings(call.funcname)
    if call.funcformat == pb.COERCE_SQL_SYNTAX:
        # EXTRACT, AT TIME ZONE and the like: the schema is the grammar's addition.
        parts = parts[-1:]
    return ".".join(parts).lower()


def keyword_function(function: pb.SQLValueFunction) -> str:
    """Return the word of CURRENT_DATE, CURRENT_USER and the like, in lower case."""
    word = pb.SQLValueFunctionOp.Name(function.op).removeprefix("SVFOP_")
    return word.removesuffix("_N").lower()
