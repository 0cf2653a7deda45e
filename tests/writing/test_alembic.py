"""Revisions written for Alembic, rendered by Alembic, and read back."""

import ast
import io
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from urllib.parse import urlencode

import psycopg
import pytest
from alembic import command
from alembic.config import Config
from hypothesis import given
from hypothesis import strategies as st
from psycopg.conninfo import conninfo_to_dict
from sqlalchemy import text
from sqlalchemy.dialects import postgresql

from migsafe.model.expressions import Name
from migsafe.model.operations import (
    Begin,
    Commit,
    Copy,
    Operation,
    RenameColumn,
    RenameTable,
    Rollback,
    Savepoint,
    SetNotNull,
)
from migsafe.parsers.postgres import read_statement
from migsafe.parsers.split import PieceKind, split
from migsafe.writing.alembic import Block, call, revision
from migsafe.writing.python import block_string, sql_text, string
from migsafe.writing.quoting import identifier

STATEMENTS = (Path(__file__).parent / "statements.sql").read_text().splitlines()

ENVIRONMENT = """
from alembic import context
from sqlalchemy import MetaData, create_engine, pool

url = context.config.get_main_option("sqlalchemy.url")
convention = {
    "ix": "ix_%(column_0_label)s",
    "uq": "uq_%(table_name)s_%(column_0_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}
metadata = MetaData(naming_convention=convention)
if context.is_offline_mode():
    context.configure(url=url, target_metadata=metadata, literal_binds=True)
    with context.begin_transaction():
        context.run_migrations()
else:
    engine = create_engine(url, poolclass=pool.NullPool)
    with engine.connect() as connection:
        context.configure(connection=connection, target_metadata=metadata)
        with context.begin_transaction():
            context.run_migrations()
"""

Render = Callable[[Sequence[Block]], tuple[Operation, ...]]


def configured(root: Path, url: str, output: io.StringIO | None = None) -> Config:
    (root / "versions").mkdir(exist_ok=True)
    (root / "env.py").write_text(ENVIRONMENT)
    (root / "script.py.mako").write_text("")
    config = Config(output_buffer=output)
    config.set_main_option("script_location", str(root))
    config.set_main_option("sqlalchemy.url", url.replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config


@pytest.fixture
def render(tmp_path: Path) -> Render:
    """Write a revision, render it with `alembic upgrade --sql`, read the SQL."""

    def render(blocks: Sequence[Block]) -> tuple[Operation, ...]:
        output = io.StringIO()
        # Offline, drivers that write parameters as %s make Alembic print %% for each %: no
        # revision can help that, and none is sent so. asyncpg has no such parameters.
        config = configured(tmp_path, "postgresql+asyncpg://", output)
        source = revision("a1", None, "test", blocks, ())
        (tmp_path / "versions" / "a1.py").write_text(source, "utf-8")
        command.upgrade(config, "head", sql=True)
        return tuple(own_operations(output.getvalue()))

    return render


def own_operations(rendered: str) -> Iterator[Operation]:
    """Yield the operations of a rendered revision, Alembic's own left out."""
    start = rendered.index("-- Running upgrade")
    end = rendered.index("INSERT INTO alembic_version")
    body = rendered[start:end]
    for piece in split(body).pieces:
        if piece.kind is PieceKind.STATEMENT:
            yield from read_statement(body[piece.start : piece.end])


# What Alembic itself brackets transactions with cannot be told from a revision's own.
BRACKETS = (Begin, Commit, Rollback, Savepoint)
ALL = [
    operation
    for sql in STATEMENTS
    for operation in read_statement(sql)
    if not isinstance(operation, (*BRACKETS, Copy))
]


def test_every_operation_comes_back_from_alembic(render: Render) -> None:
    rendered = render([Block((operation,)) for operation in ALL])
    assert [each for each in rendered if not isinstance(each, BRACKETS)] == ALL


EXACT = {
    "ALTER TABLE t RENAME TO u": 'op.rename_table("t", "u")',
    "ALTER TABLE s.t RENAME TO u": 'op.rename_table("t", "u", schema="s")',
    "DROP TABLE t": 'op.drop_table("t")',
    "ALTER TABLE t ADD COLUMN c int": (
        'op.add_column("t", sa.Column("c", sa.Integer(), nullable=True))'
    ),
    "ALTER TABLE t ADD COLUMN c varchar(20) DEFAULT 'x' NOT NULL": (
        "op.add_column(\n"
        '    "t",\n'
        '    sa.Column("c", sa.String(20), server_default=sa.text("\'x\'"), nullable=False),\n'
        ")"
    ),
    "ALTER TABLE t ADD COLUMN c jsonb": (
        'op.add_column("t", sa.Column("c", postgresql.JSONB(), nullable=True))'
    ),
    "ALTER TABLE t ADD COLUMN c timestamptz[]": (
        "op.add_column(\n"
        '    "t",\n'
        '    sa.Column("c", postgresql.ARRAY(sa.DateTime(timezone=True)), nullable=True),\n'
        ")"
    ),
    "ALTER TABLE t ADD COLUMN c bigint GENERATED ALWAYS AS IDENTITY": (
        "op.add_column(\n"
        '    "t",\n'
        '    sa.Column("c", sa.BigInteger(), sa.Identity(always=True), nullable=False),\n'
        ")"
    ),
    "ALTER TABLE t DROP COLUMN c": 'op.drop_column("t", "c")',
    "ALTER TABLE t RENAME COLUMN a TO b": 'op.alter_column("t", "a", new_column_name="b")',
    "ALTER TABLE t ALTER c SET NOT NULL": 'op.alter_column("t", "c", nullable=False)',
    "ALTER TABLE t ALTER c DROP NOT NULL": 'op.alter_column("t", "c", nullable=True)',
    "ALTER TABLE t ALTER c SET DEFAULT now()": (
        'op.alter_column("t", "c", server_default=sa.text("now()"))'
    ),
    "ALTER TABLE t ALTER c DROP DEFAULT": 'op.alter_column("t", "c", server_default=None)',
    "ALTER TABLE t ALTER c TYPE bigint USING c::bigint": (
        'op.alter_column("t", "c", type_=sa.BigInteger(), postgresql_using="c::bigint")'
    ),
    "CREATE INDEX CONCURRENTLY i ON t (a)": (
        'op.create_index(op.f("i"), "t", ["a"], postgresql_concurrently=True)'
    ),
    "DROP INDEX CONCURRENTLY IF EXISTS i": (
        'op.drop_index(op.f("i"), if_exists=True, postgresql_concurrently=True)'
    ),
    "ALTER TABLE t ADD CONSTRAINT c CHECK (a > 0) NOT VALID": (
        'op.create_check_constraint(op.f("c"), "t", sa.text("a > 0"), postgresql_not_valid=True)'
    ),
    "ALTER TABLE t ADD CONSTRAINT k FOREIGN KEY (a) REFERENCES p (id) NOT VALID": (
        'op.create_foreign_key(op.f("k"), "t", "p", ["a"], ["id"], postgresql_not_valid=True)'
    ),
    "ALTER TABLE t ADD CONSTRAINT u UNIQUE (a)": (
        'op.create_unique_constraint(op.f("u"), "t", ["a"])'
    ),
    "ALTER TABLE t DROP CONSTRAINT u": 'op.drop_constraint(op.f("u"), "t")',
    "ALTER TABLE t VALIDATE CONSTRAINT c": ('op.execute("ALTER TABLE t VALIDATE CONSTRAINT c")'),
    "ALTER TABLE t ADD CONSTRAINT u UNIQUE USING INDEX i": (
        'op.execute("ALTER TABLE t ADD CONSTRAINT u UNIQUE USING INDEX i")'
    ),
    "ALTER TABLE t ADD CHECK (a > 0)": 'op.execute("ALTER TABLE t ADD CHECK (a > 0)")',
    "UPDATE t SET a = 'x:y :z' WHERE b::text = 'q'": (
        "op.execute(\"UPDATE t SET a = 'x:y \\\\:z' WHERE b::text = 'q'\")"
    ),
}


@pytest.mark.parametrize(("sql", "source"), EXACT.items())
def test_an_operation_is_the_call_that_alembic_has_for_it(sql: str, source: str) -> None:
    (operation,) = read_statement(sql)
    assert call(operation) == source


@pytest.mark.parametrize("sql", [sql for sql in EXACT if "CONCURRENTLY" not in sql])
def test_exact_calls_come_back_from_alembic(render: Render, sql: str) -> None:
    operations = read_statement(sql)
    rendered = render([Block(operations)])
    assert tuple(each for each in rendered if not isinstance(each, BRACKETS)) == operations


FUNCTION = """CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.a := NEW.b::text || '\\:x "quoted" %';  -- ':y'
  RETURN NEW;
END $$"""
MORE = (
    *(Path(__file__).parent / "awkward.sql").read_text("utf-8").splitlines(),
    FUNCTION,
    'COMMENT ON TABLE t IS \'"""\'',
    'COMMENT ON TABLE t IS \'two\nlines""""\'',
)


@pytest.mark.parametrize("sql", MORE)
def test_awkward_operations_come_back_from_alembic(render: Render, sql: str) -> None:
    operations = read_statement(sql)
    assert len(operations) == 1
    rendered = render([Block(operations)])
    assert tuple(each for each in rendered if not isinstance(each, BRACKETS)) == operations


def test_what_is_not_transactional_stands_outside_the_transaction(render: Render) -> None:
    index = read_statement("CREATE INDEX CONCURRENTLY i ON t (a)")
    rendered = render([Block((SetNotNull(Name("t"), "a"),)), Block(index, transactional=False)])
    assert rendered[-3:] == (Commit(), *index, Begin())


SETUP = """
CREATE TABLE p (id int PRIMARY KEY);
INSERT INTO p VALUES (2);
CREATE TABLE t (a int, b int, c text)
"""
LIVE = (
    (
        "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$\nBEGIN\n"
        "  NEW.c := NEW.a::text || '\\:x :y 100% %s';\n  RETURN NEW;\nEND $$"
    ),
    "CREATE TRIGGER zz BEFORE INSERT OR UPDATE ON t FOR EACH ROW EXECUTE FUNCTION f()",
    "ALTER TABLE t ADD COLUMN d text NOT NULL DEFAULT ':x %s 100%'",
    "ALTER TABLE t ADD CONSTRAINT k CHECK (d <> ':x' AND a % 2 = 0) NOT VALID",
    "ALTER TABLE t ADD CONSTRAINT fk FOREIGN KEY (a) REFERENCES p (id) NOT VALID",
    "ALTER TABLE t ALTER COLUMN b TYPE text USING b % 7 || ':x'",
    "CREATE INDEX i ON t (lower(c), (d || ':x %s')) WHERE c LIKE '50%'",
    "COMMENT ON COLUMN t.c IS 'it''s :x 100% %(y)s \\:z'",
    "INSERT INTO t (a, b) VALUES (2, ':x 100% \\:y')",
)


def test_alembic_runs_what_was_meant_and_takes_it_back(tmp_path: Path, database: str) -> None:
    config = configured(tmp_path, f"postgresql+psycopg:///?{urlencode(conninfo_to_dict(database))}")
    up = [Block(read_statement(sql)) for sql in LIVE]
    concurrent = Block(read_statement("CREATE INDEX CONCURRENTLY j ON t (b)"), transactional=False)
    down = [
        Block(read_statement("DROP INDEX CONCURRENTLY j"), transactional=False),
        Block(read_statement("DROP TABLE t")),
        Block(read_statement("DROP FUNCTION f()")),
    ]
    source = revision("a1", None, "test", [*up, concurrent], down)
    (tmp_path / "versions" / "a1.py").write_text(source, "utf-8")
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute(SETUP)
        by_hand = connection.execute
        with connection.transaction(force_rollback=True):
            for sql in LIVE:
                by_hand(sql)
            expected = described(connection)
        command.upgrade(config, "head")
        assert described(connection) == expected
        assert by_hand(
            "SELECT indisvalid FROM pg_index WHERE indexrelid = 'j'::regclass"
        ).fetchone()
        command.downgrade(config, "base")
        assert by_hand("SELECT to_regclass('t'), to_regproc('f')").fetchone() == (None, None)


HOSTILE = 'T%s "x":y \\:z;--'
HOSTILE_LIVE = (
    "CREATE TABLE {t} ({c} int, d int, CONSTRAINT {n} PRIMARY KEY ({c}))",
    "ALTER TABLE {t} ADD COLUMN {n} text DEFAULT 'x'",
    "ALTER TABLE {t} RENAME COLUMN {n} TO e",
    "ALTER TABLE {t} RENAME COLUMN e TO {n}",
    "ALTER TABLE {t} ALTER COLUMN {n} SET NOT NULL",
    "ALTER TABLE {t} ALTER COLUMN {n} SET DEFAULT 'y'",
    "ALTER TABLE {t} ADD CONSTRAINT ck CHECK ({n} <> 'y')",
    "ALTER TABLE {t} ADD CONSTRAINT {m} UNIQUE (d, {n})",
    "CREATE INDEX {i} ON {t} ({n}, ({c} + 1)) INCLUDE ({c}) WHERE {n} IS NOT NULL",
    "ALTER TABLE {t} ADD CONSTRAINT fk FOREIGN KEY (d) REFERENCES {t} ({c}) NOT VALID",
    "ALTER TABLE {t} DROP CONSTRAINT {m}",
    "ALTER TABLE {t} DROP CONSTRAINT fk",
    "DROP INDEX {i}",
    "ALTER TABLE {t} DROP COLUMN {c}",
    "ALTER TABLE {t} RENAME TO t2",
    "ALTER TABLE t2 RENAME TO t",
)


def test_alembic_runs_hostile_names_as_names(tmp_path: Path, database: str) -> None:
    config = configured(tmp_path, f"postgresql+psycopg:///?{urlencode(conninfo_to_dict(database))}")
    names = {each: identifier(f"{HOSTILE}{each}") for each in "tcnmi"}
    up = [Block(read_statement(sql.format(**names))) for sql in HOSTILE_LIVE]
    assert all("op.execute" not in call(block.operations[0]) for block in up)
    source = revision("a1", None, HOSTILE, up, [Block(read_statement("DROP TABLE t"))])
    (tmp_path / "versions" / "a1.py").write_text(source, "utf-8")
    command.upgrade(config, "head")
    with psycopg.connect(database) as connection:
        columns = connection.execute(
            "SELECT attname FROM pg_attribute"
            " WHERE attrelid = 't'::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum"
        ).fetchall()
    assert columns == [("d",), (f"{HOSTILE}n",)]


def described(connection: psycopg.Connection) -> list[tuple[object, ...]]:
    """Return everything of table t in which a colon or a percent sign may stand."""
    return connection.execute(
        """
        SELECT 'constraint', pg_get_constraintdef(oid) FROM pg_constraint
        WHERE conrelid = 't'::regclass
        UNION ALL SELECT 'default', pg_get_expr(adbin, adrelid) FROM pg_attrdef
        UNION ALL SELECT 'index', pg_get_indexdef('i'::regclass)
        UNION ALL SELECT 'body', prosrc FROM pg_proc WHERE proname = 'f'
        UNION ALL SELECT 'comment', description FROM pg_description WHERE objoid = 't'::regclass
        UNION ALL SELECT 'row', row_to_json(t)::text FROM t
        ORDER BY 1, 2
        """
    ).fetchall()


# --- text ----------------------------------------------------------------------------

awkward = st.lists(
    st.sampled_from([":", "\\", "x", "$", "'", '"', "::", '"""', "\n", "\r", "\t", "%", " ", "é"])
).map("".join)


ASYNCPG = postgresql.asyncpg.dialect()  # type: ignore[no-untyped-call]  # SQLAlchemy leaves it so


@given(awkward)
def test_text_holds_no_parameters_and_gives_the_sql_back(sql: str) -> None:
    compiled = text(sql_text(sql)).compile(dialect=ASYNCPG)
    assert (str(compiled), compiled.params) == (sql, {})


@given(awkward | st.text())
def test_literals_hold_exactly_the_text(value: str) -> None:
    assert ast.literal_eval(string(value)) == value
    assert ast.literal_eval(block_string(value)) == value


@given(st.text(), st.text(), awkward)
def test_a_revision_compiles_whatever_its_names_hold(message: str, why: str, name: str) -> None:
    table = Name(name or "t")
    block = Block((RenameTable(table, name), RenameColumn(table, name, name)), why)
    source = revision(name, name, message, [block], [Block((), why)])
    names = {node.id for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Name)}
    assert names <= {"op", "revision", "down_revision", "branch_labels", "depends_on"}
    assert {node.name for node in ast.parse(source).body if isinstance(node, ast.FunctionDef)} == {
        "upgrade",
        "downgrade",
    }
