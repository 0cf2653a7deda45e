"""Old statements, run before and after an operation, and again after it was taken back.

What they meet says what an operation does to running code; the schema that is there again says
that its undo is one.
"""

import psycopg

from migsafe.catalog.catalog import Catalog
from migsafe.model.compatibility import Compatibility, OldStatement, Outcome, Undo
from migsafe.model.operations import Operation
from migsafe.writing.sql import write
from migsafe_dev.agreeing.cases import operations_in
from migsafe_dev.agreeing.observing import prepare
from migsafe_dev.agreeing.oldcode_cases import SETUP, VALUES, Case, old_statements

ROLE = "migsafe_old_code"
"""Who sends old statements: it owns nothing."""
GRANTED = f"""
GRANT USAGE ON SCHEMA public TO {ROLE};
GRANT ALL ON ALL TABLES IN SCHEMA public TO {ROLE};
GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO {ROLE};
"""


def known(case: Case) -> tuple[Operation, Catalog]:
    """Return the operation of a case, and the schema before it."""
    (operation,) = operations_in(case.statement)
    made = operations_in(SETUP + case.setup + GRANTED + case.rights)
    catalog = Catalog.empty(complete=True).apply_all(made)
    return operation, catalog


def outcome(session: psycopg.Connection, statement: str) -> tuple[str | None, object]:
    """Run a statement of the old code's role and take it back: (SQLSTATE, what came of it).

    What an INSERT stored belongs to what it meant, the columns that it left out included;
    the owner looks, for the role itself may not be allowed to.
    """
    session.execute("BEGIN")
    try:
        cursor = session.execute(statement.encode())
        if cursor.description:
            return None, sorted(map(str, cursor.fetchall()))
        if statement.startswith("INSERT INTO t "):
            return None, _stored(session)
        return None, cursor.rowcount  # noqa: TRY300 - the last of three ways out
    except psycopg.Error as error:
        return error.sqlstate, None
    finally:
        session.execute("ROLLBACK")


def _stored(session: psycopg.Connection) -> dict[str, str] | None:
    session.execute("RESET ROLE")
    named = session.execute("SELECT 1 FROM pg_attribute WHERE attname = 'email'").fetchone()
    if named is None:
        return None
    row = session.execute("SELECT to_jsonb(t) FROM t WHERE email = 'new'").fetchone()
    return None if row is None else _kept(row[0])


def _differ(before: object, now: object) -> bool:
    """Say whether an outcome changed, as far as both can be seen."""
    if isinstance(before, dict) and isinstance(now, dict):
        return any(before[column] != now[column] for column in before.keys() & now.keys())
    return before is not None and now is not None and before != now


def _kept(row: dict[str, object]) -> dict[str, str]:
    # A number that is drawn differs each time.
    return {column: str(row[column]) for column in VALUES if column in row and column != "id"}


def met(dsn: str, case: Case) -> dict[OldStatement, Outcome]:
    """Return the worst that the statements meet which worked before."""
    bring(dsn, case)
    statements = (*old_statements(case.table), *case.also)
    worst: dict[OldStatement, Outcome] = {}

    def note(kind: OldStatement, result: Outcome) -> None:
        order = (Outcome.WORKS, Outcome.RECYCLE, Outcome.CHANGES, Outcome.FAILS)
        worst[kind] = max(result, worst.get(kind, Outcome.WORKS), key=order.index)

    with (
        psycopg.connect(dsn, autocommit=True) as owner,
        psycopg.connect(dsn, autocommit=True) as session,
    ):
        session.execute(f"SET ROLE {ROLE}")
        session.execute(f"PREPARE everything AS SELECT * FROM {case.table}".encode())
        star = outcome(session, "EXECUTE everything")
        before = [outcome(session, statement) for _, statement in statements]
        owner.execute(case.statement.encode())
        for (kind, statement), (failed, rows) in zip(statements, before, strict=True):
            if failed is not None:
                continue
            state, now = outcome(session, statement)
            if state is not None:
                note(kind, Outcome.FAILS)
            elif _differ(rows, now):
                note(kind, Outcome.CHANGES)
        state, rows = outcome(session, "EXECUTE everything")
        if state == "0A000":
            session.execute("DEALLOCATE everything")
            state, _ = outcome(session, f"SELECT * FROM {case.table}")
            again = Outcome.FAILS if state is not None else Outcome.RECYCLE
            note(OldStatement.SELECT_STAR, again)
        elif state is not None:
            note(OldStatement.SELECT_STAR, Outcome.FAILS)
        elif rows != star[1]:
            note(OldStatement.SELECT_STAR, Outcome.CHANGES)
    return worst


_SHAPE = """
    SELECT 'column', attrelid::regclass::text, attname::text,
           format_type(atttypid, atttypmod), attnotnull::text, attidentity::text,
           pg_get_expr(adbin, adrelid)
    FROM pg_attribute LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
    WHERE attrelid IN (SELECT oid FROM pg_class WHERE relnamespace = 'public'::regnamespace
                       AND relkind IN ('r', 'v'))
      AND attnum > 0 AND NOT attisdropped
    UNION ALL
    SELECT 'constraint', conrelid::regclass::text, conname::text,
           replace(pg_get_constraintdef(oid), ' NOT VALID', ''), NULL, NULL, NULL
    FROM pg_constraint WHERE connamespace = 'public'::regnamespace AND contype <> 'n'
    UNION ALL
    SELECT 'index', tablename::text, indexname::text, indexdef, NULL, NULL, NULL
    FROM pg_indexes WHERE schemaname = 'public'
    UNION ALL
    SELECT 'table', relname::text, relrowsecurity::text, relowner::regrole::text, NULL, NULL, NULL
    FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'v')
    UNION ALL
    SELECT 'right', c.relname::text, t.attname::text, a.grantee::regrole::text,
           a.privilege_type, a.is_grantable::text, NULL
    FROM pg_class AS c JOIN pg_attribute AS t ON t.attrelid = c.oid, aclexplode(t.attacl) AS a
    WHERE c.relnamespace = 'public'::regnamespace AND NOT t.attisdropped
    UNION ALL
    SELECT 'right', c.relname::text, '', a.grantee::regrole::text, a.privilege_type,
           a.is_grantable::text, NULL
    FROM pg_class AS c,
         aclexplode(coalesce(c.relacl, acldefault(
             (CASE c.relkind WHEN 'S' THEN 's' ELSE 'r' END)::"char", c.relowner))) AS a
    WHERE c.relnamespace = 'public'::regnamespace
    UNION ALL
    SELECT 'right', p.proname::text, p.proowner::regrole::text, a.grantee::regrole::text,
           a.privilege_type, a.is_grantable::text, NULL
    FROM pg_proc AS p, aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) AS a
    WHERE p.pronamespace = 'public'::regnamespace
    UNION ALL
    SELECT 'right', n.nspname::text, n.nspowner::regrole::text, a.grantee::regrole::text,
           a.privilege_type, a.is_grantable::text, NULL
    FROM pg_namespace AS n, aclexplode(coalesce(n.nspacl, acldefault('n', n.nspowner))) AS a
    ORDER BY 1, 2, 3, 4, 5, 6
"""


def bring(dsn: str, case: Case) -> None:
    """Bring a database into the state that a case starts from; old code may use it."""
    with psycopg.connect(dsn, autocommit=True) as owner:
        owner.add_notice_handler(lambda _: None)
        prepare(owner, SETUP + case.setup + GRANTED + case.rights)


def is_taken_back(dsn: str, case: Case, undo: Undo) -> bool:
    """Say whether an undo brings the schema back, or its query warns that it may not."""
    bring(dsn, case)
    with psycopg.connect(dsn, autocommit=True) as session:
        before = session.execute(_SHAPE).fetchall()
        session.execute(case.statement.encode())
        if undo.possible_sql and session.execute(undo.possible_sql.encode()).fetchone():
            return True
        for back in undo.operations:
            session.execute(write(back).encode())
        return session.execute(_SHAPE).fetchall() == before


def disagreements(
    said: Compatibility, found: dict[OldStatement, Outcome]
) -> dict[str, tuple[object, object]]:
    """Return where what was said and what old statements met differ: (said, met)."""
    wrong: dict[str, tuple[object, object]] = {}
    for kind in OldStatement:
        ours, theirs = said.outcome(kind), found.get(kind, Outcome.WORKS)
        if ours is not Outcome.UNKNOWN and not _is_right(kind, ours, theirs):
            wrong[kind] = (ours, theirs)
    return wrong


def _is_right(kind: OldStatement, ours: Outcome, theirs: Outcome) -> bool:
    if Outcome.FAILS in {ours, theirs}:
        return ours is theirs
    if kind is OldStatement.SELECT_STAR and Outcome.RECYCLE in {ours, theirs}:
        return ours is theirs
    if ours is Outcome.RECYCLE:
        # What is not prepared to return rows need not be prepared again.
        return kind is OldStatement.SELECT_NAMED
    # What may change need not change for the values here.
    return theirs is not Outcome.CHANGES or ours is not Outcome.WORKS
