"""Transactions, settings, locks, maintenance, and what has no lasting effect."""

from collections.abc import Iterator

from migsafe.model.expressions import Name
from migsafe.model.operations import (
    Begin,
    Commit,
    LockTable,
    NoOperation,
    Operation,
    Option,
    Query,
    ResetParameter,
    RewriteKind,
    RewriteTable,
    Rollback,
    Savepoint,
    Select,
    SetParameter,
    TwoPhase,
    TwoPhaseAction,
    Vacuum,
)
from migsafe.parsers.postgres import canonical, options, pb, queries
from migsafe.parsers.postgres.kinds import OBJECT_KINDS
from migsafe.parsers.postgres.names import relation
from migsafe.parsers.postgres.source import Operations, Source

_LOCK_MODES = (
    "",
    "ACCESS SHARE",
    "ROW SHARE",
    "ROW EXCLUSIVE",
    "SHARE UPDATE EXCLUSIVE",
    "SHARE",
    "SHARE ROW EXCLUSIVE",
    "EXCLUSIVE",
    "ACCESS EXCLUSIVE",
)
_TWO_PHASE = {
    pb.TRANS_STMT_PREPARE: TwoPhaseAction.PREPARE,
    pb.TRANS_STMT_COMMIT_PREPARED: TwoPhaseAction.COMMIT,
    pb.TRANS_STMT_ROLLBACK_PREPARED: TwoPhaseAction.ROLLBACK,
}


def transaction(node: pb.Node, source: Source) -> Operations:
    """Return BEGIN, COMMIT, ROLLBACK, SAVEPOINT and their spellings."""
    statement = node.transaction_stmt
    match statement.kind:
        case pb.TRANS_STMT_BEGIN | pb.TRANS_STMT_START:
            sql = canonical.statement(source)
            return (Begin(sql.removeprefix("START TRANSACTION")[5:].strip()),)
        case pb.TRANS_STMT_COMMIT:
            return (Commit(), Begin()) if statement.chain else (Commit(),)
        case pb.TRANS_STMT_ROLLBACK:
            return (Rollback(), Begin()) if statement.chain else (Rollback(),)
        case pb.TRANS_STMT_ROLLBACK_TO:
            return (Rollback(statement.savepoint_name),)
        case pb.TRANS_STMT_SAVEPOINT:
            return (Savepoint(statement.savepoint_name),)
        case pb.TRANS_STMT_RELEASE:
            return (Savepoint(statement.savepoint_name, release=True),)
        case kind:
            return (TwoPhase(_TWO_PHASE[kind], statement.gid),)


def set_parameter(node: pb.Node, source: Source) -> Operations:
    """Return SET, RESET and SET TRANSACTION."""
    statement = node.variable_set_stmt
    name = statement.name
    local = statement.is_local
    match statement.kind:
        case pb.VAR_SET_VALUE:
            return (SetParameter(name, values(statement), local),)
        case pb.VAR_SET_DEFAULT | pb.VAR_SET_CURRENT:
            return (SetParameter(name, None, local),)
        case pb.VAR_RESET:
            return (ResetParameter(name),)
        case pb.VAR_RESET_ALL:
            return (ResetParameter(None),)
        case _ if name in {"TRANSACTION", "SESSION CHARACTERISTICS"}:
            return tuple(_transaction_modes(statement))
        case _:
            return (NoOperation(canonical.statement(source)),)


def values(statement: pb.VariableSetStmt) -> str:
    """Return what a parameter is set to, as text."""
    texts = [options.text(node) for node in statement.args]
    if len(texts) == 1:
        return texts[0]
    # In a list, what is not a plain word keeps its quotes: search_path may hold commas.
    return ", ".join(
        text if text.isidentifier() and text.islower() else f'"{text}"' for text in texts
    )


def _transaction_modes(statement: pb.VariableSetStmt) -> Iterator[SetParameter]:
    """Yield SET TRANSACTION … as the parameters that it is said to set."""
    own = statement.name == "TRANSACTION"
    prefix = "" if own else "default_"
    for item in statement.args:
        value = options.value(item.def_elem)
        if item.def_elem.defname != "transaction_isolation":
            value = "on" if value == "1" else "off"
        yield SetParameter(f"{prefix}{item.def_elem.defname}", value, own)


def show(node: pb.Node, source: Source) -> Operations:
    """Return SHOW."""
    del node
    return (Select(Query(canonical.statement(source))),)


def discard(node: pb.Node, source: Source) -> Operations:
    """Return DISCARD: of everything, it resets parameters."""
    if node.discard_stmt.target == pb.DISCARD_ALL:
        return (ResetParameter(None),)
    return (NoOperation(canonical.statement(source)),)


def lock(node: pb.Node, source: Source) -> Operations:
    """Return LOCK TABLE."""
    del source
    statement = node.lock_stmt
    return (
        LockTable(
            tuple([relation(item.range_var) for item in statement.relations]),
            _LOCK_MODES[statement.mode],
            statement.nowait,
            tuple(
                [relation(item.range_var) for item in statement.relations if not item.range_var.inh]
            ),
        ),
    )


def vacuum(node: pb.Node, source: Source) -> Operations:
    """Return VACUUM and ANALYZE; VACUUM FULL copies each table."""
    statement = node.vacuum_stmt
    given = statement.options
    tables = tuple([relation(item.vacuum_relation.relation) for item in statement.rels])
    if statement.is_vacuumcmd and options.flag(given, "full"):
        rest = tuple([option for option in options.read(given) if option.name != "full"])
        everything: tuple[Name | None, ...] = (None,)
        return tuple(
            [
                RewriteTable(table, RewriteKind.VACUUM_FULL, options=rest)
                for table in tables or everything
            ]
        )
    analyze = not statement.is_vacuumcmd or options.flag(given, "analyze")
    sql = canonical.statement(source)
    return (Vacuum(tables, analyze, statement.is_vacuumcmd, sql),)


def cluster(node: pb.Node, source: Source) -> Operations:
    """Return CLUSTER."""
    del source
    statement = node.cluster_stmt
    return (
        RewriteTable(
            relation(statement.relation) if statement.HasField("relation") else None,
            RewriteKind.CLUSTER,
            statement.indexname or None,
            options=options.read(statement.params),
        ),
    )


def move_all(node: pb.Node, source: Source) -> Operations:
    """Return ALTER TABLE ALL IN TABLESPACE: `options` say where from and whose."""
    del source
    statement = node.alter_table_move_all_stmt
    given = [Option("in tablespace", statement.orig_tablespacename)]
    given += [Option("owned by", item.role_spec.rolename) for item in statement.roles]
    if statement.nowait:
        given.append(Option("nowait"))
    return (
        RewriteTable(
            None,
            RewriteKind.TABLESPACE,
            statement.new_tablespacename,
            OBJECT_KINDS[statement.objtype],
            tuple(given),
        ),
    )


def no_operation(node: pb.Node, source: Source) -> Operations:
    """Return a statement without effect on schema, data or locks."""
    del node
    return (NoOperation(canonical.statement(source)),)


def explained(node: pb.Node, source: Source) -> Operation:
    """Return EXPLAIN without ANALYZE: a query."""
    sql = canonical.statement(source)
    return Select(queries.read(node.explain_stmt.query, sql))
