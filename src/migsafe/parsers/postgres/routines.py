"""Functions, procedures, aggregates, triggers, rules, DO and CALL."""

from collections.abc import Iterable, Iterator, Sequence

from migsafe.model.operations import (
    AlterRoutine,
    AnonymousBlock,
    CallRoutine,
    CreateObject,
    CreateRoutine,
    CreateRule,
    CreateTrigger,
    CreateType,
    ObjectKind,
    Option,
)
from migsafe.parsers.postgres import canonical, options, pb, session
from migsafe.parsers.postgres.kinds import OBJECT_KINDS
from migsafe.parsers.postgres.names import dotted, relation
from migsafe.parsers.postgres.source import Operations, Source

_ANSWERING = frozenset({"security", "strict", "leakproof", "window"})
_BEFORE, _INSTEAD = 1 << 1, 1 << 6
_EVENTS = (
    (1 << 2, "INSERT"),
    (1 << 4, "UPDATE"),
    (1 << 3, "DELETE"),
    (1 << 5, "TRUNCATE"),
)
_RULE_EVENTS: dict[int, str] = {
    pb.CMD_SELECT: "SELECT",
    pb.CMD_UPDATE: "UPDATE",
    pb.CMD_INSERT: "INSERT",
    pb.CMD_DELETE: "DELETE",
}


def create(node: pb.Node, source: Source) -> Operations:
    """Return CREATE FUNCTION or PROCEDURE."""
    statement = node.create_function_stmt
    canonical.quote_parameters(statement.parameters)
    sql = canonical.statement(source)
    given = statement.options
    language = options.find(given, "language")
    return (
        CreateRoutine(
            ObjectKind.PROCEDURE if statement.is_procedure else ObjectKind.FUNCTION,
            dotted(statement.funcname),
            canonical.parameters(statement) if statement.parameters else "",
            canonical.returns(statement),
            "sql" if language is None else options.text(language.arg).lower(),
            _body(statement, sql),
            statement.replace,
            sql,
            _volatility(given),
            tuple([option for option in _answering(given) if option.value != "false"]),
        ),
    )


def _volatility(given: Sequence[pb.Node]) -> str | None:
    found = options.find(given, "volatility")
    return None if found is None else options.text(found.arg).upper()


def _answering(given: Iterable[pb.Node]) -> Iterator[Option]:
    """Yield the options by which a call answers otherwise; costs and the like only plan it."""
    for node in given:
        element = node.def_elem
        if element.defname in _ANSWERING:
            yield Option(element.defname, options.value(element) or "true")
        elif element.defname == "set":
            statement = element.arg.variable_set_stmt
            match statement.kind:
                case pb.VAR_SET_VALUE:
                    yield Option(f"set {statement.name}", session.values(statement))
                case pb.VAR_SET_CURRENT:
                    yield Option(f"set {statement.name}")
                case _:
                    yield Option(f"reset {statement.name}".strip())


def _body(statement: pb.CreateFunctionStmt, sql: str) -> str | None:
    """Return the body as text: of AS, or from BEGIN ATOMIC or RETURN on."""
    if statement.HasField("sql_body"):
        begin = sql.find("BEGIN ATOMIC")
        return sql[sql.rfind("RETURN ") if begin == -1 else begin :]
    given = options.find(statement.options, "as")
    if given is None:
        return None
    parts = given.arg.list.items
    # AS 'file', 'symbol' is C: its body is elsewhere.
    return str(parts[0].string.sval) if len(parts) == 1 else None


def alter(node: pb.Node, source: Source) -> Operations:
    """Return ALTER FUNCTION, PROCEDURE or ROUTINE."""
    statement = node.alter_function_stmt
    return (
        AlterRoutine(
            OBJECT_KINDS[statement.objtype],
            dotted(statement.func.objname),
            canonical.statement(source),
            canonical.arguments(statement.func, statement.objtype),
            _volatility(statement.actions),
            tuple(_answering(statement.actions)),
        ),
    )


def define(node: pb.Node, source: Source) -> Operations:
    """Return CREATE AGGREGATE, OPERATOR, TYPE, COLLATION or TEXT SEARCH …."""
    statement = node.define_stmt
    name = dotted(statement.defnames)
    sql = canonical.statement(source)
    match statement.kind:
        case pb.OBJECT_AGGREGATE:
            return (
                CreateRoutine(
                    ObjectKind.AGGREGATE,
                    name,
                    _aggregate_arguments(sql),
                    None,
                    "internal",
                    None,
                    statement.replace,
                    sql,
                ),
            )
        case pb.OBJECT_TYPE:
            return (CreateType(name, (), sql),)
        case kind:
            return (CreateObject(OBJECT_KINDS[kind], name, sql),)


def _aggregate_arguments(sql: str) -> str:
    """Return what stands in the first brackets; the old style has no argument list."""
    start = sql.index("(")
    depth = 0
    for at in range(start, len(sql)):
        depth += {"(": 1, ")": -1}.get(sql[at], 0)
        if depth == 0:
            rest = sql[at + 1 :].strip()
            return sql[start + 1 : at] if rest.startswith("(") else ""
    return ""


def do(node: pb.Node, source: Source) -> Operations:
    """Return DO."""
    del source
    given = node.do_stmt.args
    language = options.find(given, "language")
    body = options.find(given, "as")
    return (
        AnonymousBlock(
            "plpgsql" if language is None else options.text(language.arg).lower(),
            "" if body is None else options.text(body.arg),
        ),
    )


def call(node: pb.Node, source: Source) -> Operations:
    """Return CALL."""
    name = dotted(node.call_stmt.funccall.funcname)
    return (CallRoutine(name, canonical.statement(source)),)


def create_trigger(node: pb.Node, source: Source) -> Operations:
    """Return CREATE TRIGGER."""
    statement = node.create_trig_stmt
    timing = statement.timing
    return (
        CreateTrigger(
            statement.trigname,
            relation(statement.relation),
            "BEFORE" if timing & _BEFORE else "INSTEAD OF" if timing & _INSTEAD else "AFTER",
            tuple([word for bit, word in _EVENTS if statement.events & bit]),
            statement.row,
            dotted(statement.funcname),
            canonical.statement(source),
            statement.replace,
            statement.isconstraint,
        ),
    )


def create_rule(node: pb.Node, source: Source) -> Operations:
    """Return CREATE RULE."""
    statement = node.rule_stmt
    return (
        CreateRule(
            statement.rulename,
            relation(statement.relation),
            _RULE_EVENTS[statement.event],
            canonical.statement(source),
            statement.replace,
        ),
    )
