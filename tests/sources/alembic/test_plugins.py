"""Operations of plugins do what the SQL does that they send."""

import pytest

from migsafe.model.operations import Unrecognized
from migsafe_dev.rendered import operations_in
from sources.alembic.reading import operations_of

HEAD = """\
from alembic_postgresql_enum import ColumnType, TableReference
from alembic_utils.pg_extension import PGExtension
from alembic_utils.pg_function import PGFunction
from alembic_utils.pg_grant_table import PGGrantTable, PGGrantTableChoice
from alembic_utils.pg_materialized_view import PGMaterializedView
from alembic_utils.pg_policy import PGPolicy
from alembic_utils.pg_trigger import PGTrigger
from alembic_utils.pg_view import PGView
function = PGFunction(
    schema="public",
    signature="Add(a int, b int DEFAULT 1)",
    definition="RETURNS int AS $$ BEGIN a := a + b; RETURN a::int; END; $$ LANGUAGE plpgsql;",
)
view = PGView("public", "recent", "SELECT a FROM t WHERE b = 'x:y'")
totals = PGMaterializedView(schema="s", signature="totals", definition="SELECT 1", with_data=False)
trigger = PGTrigger(
    schema="public",
    signature="touch",
    on_entity="t",
    definition="BEFORE UPDATE ON t FOR EACH ROW EXECUTE FUNCTION touch()",
)
extension = PGExtension(schema="public", signature="uuid-ossp")
policy = PGPolicy(
    schema="public", signature="mine", on_entity="s.t", definition="FOR SELECT USING (true)"
)
grant = PGGrantTable(
    schema="public", table="t", role="reader", grant=PGGrantTableChoice.SELECT, columns=["b", "a"]
)
"""
FUNCTION = (
    'FUNCTION public."Add"(a int, b int DEFAULT 1) RETURNS int AS '
    "$$ BEGIN a := a + b; RETURN a::int; END; $$ LANGUAGE plpgsql"
)
TRIGGER = "BEFORE UPDATE ON public.t FOR EACH ROW EXECUTE FUNCTION touch()"
SENT = [
    ("op.create_entity(function)", f"CREATE {FUNCTION}"),
    ("op.replace_entity(function)", f"CREATE OR REPLACE {FUNCTION}"),
    ("op.drop_entity(function)", 'DROP FUNCTION public."Add"(a int, b int)'),
    ("op.create_entity(view)", "CREATE VIEW public.recent AS SELECT a FROM t WHERE b = 'x:y'"),
    ("op.drop_entity(view, cascade=True)", "DROP VIEW public.recent CASCADE"),
    ("op.create_entity(totals)", "CREATE MATERIALIZED VIEW s.totals AS SELECT 1 WITH NO DATA"),
    ("op.drop_entity(totals)", "DROP MATERIALIZED VIEW s.totals"),
    (
        "op.replace_entity(totals)",
        (
            "DROP MATERIALIZED VIEW IF EXISTS s.totals;"
            " CREATE MATERIALIZED VIEW s.totals AS SELECT 1 WITH NO DATA"
        ),
    ),
    ("op.create_entity(trigger)", f"CREATE TRIGGER touch {TRIGGER}"),
    (
        "op.replace_entity(trigger)",
        f"DROP TRIGGER IF EXISTS touch ON public.t; CREATE TRIGGER touch {TRIGGER}",
    ),
    ("op.drop_entity(trigger)", "DROP TRIGGER touch ON public.t"),
    ("op.create_entity(extension)", 'CREATE EXTENSION "uuid-ossp" SCHEMA public'),
    ("op.drop_entity(extension)", 'DROP EXTENSION "uuid-ossp"'),
    ("op.create_entity(policy)", "CREATE POLICY mine ON s.t FOR SELECT USING (true)"),
    ("op.drop_entity(policy)", "DROP POLICY mine ON s.t"),
    ("op.create_entity(grant)", "GRANT SELECT (a, b) ON public.t TO reader"),
    ("op.drop_entity(grant)", "REVOKE SELECT ON public.t FROM reader"),
    (
        (
            'op.sync_enum_values("public", "state", ["a", "b"],'
            ' [TableReference("t", "c", existing_server_default="\'x\'::state")],'
            ' enum_values_to_rename=[("x", "a")])'
        ),
        (
            "ALTER TYPE public.state RENAME TO state_old;"
            "CREATE TYPE public.state AS ENUM ('a', 'b');"
            "ALTER TABLE public.t ALTER c DROP DEFAULT;"
            "ALTER TABLE public.t ALTER c TYPE public.state USING CASE WHEN c::text = 'x'"
            " THEN 'a'::public.state ELSE c::text::public.state END;"
            "ALTER TABLE public.t ALTER c SET DEFAULT 'a'::public.state;"
            "DROP TYPE public.state_old"
        ),
    ),
    (
        (
            'op.sync_enum_values(enum_schema="public", enum_name="state", new_values=["a"],'
            " affected_columns=[TableReference(table_schema='s', table_name='t', column_name='c',"
            " column_type=ColumnType.ARRAY)], enum_values_to_rename=[])"
        ),
        (
            "ALTER TYPE public.state RENAME TO state_old;"
            "CREATE TYPE public.state AS ENUM ('a');"
            "ALTER TABLE s.t ALTER c TYPE public.state[] USING c::text[]::public.state[];"
            "DROP TYPE public.state_old"
        ),
    ),
    (
        'op.sync_enum_values("public", "state", ["a"], [("t", "c")])',
        (
            "ALTER TYPE public.state RENAME TO state_old;"
            "CREATE TYPE public.state AS ENUM ('a');"
            "ALTER TABLE public.t ALTER c TYPE public.state USING c::text::public.state;"
            "DROP TYPE public.state_old"
        ),
    ),
    ('op.add_enum_value("public", "state", "c")', "ALTER TYPE public.state ADD VALUE 'c'"),
]


@pytest.mark.parametrize(("call", "sql"), SENT)
def test_operation_of_a_plugin_does_what_it_sends(call: str, sql: str) -> None:
    found = operations_of(call, head=HEAD)
    assert found == operations_in(sql)
    assert not any(isinstance(each, Unrecognized) for each in found)


def test_view_is_replaced_in_a_block_that_falls_back() -> None:
    (found,) = operations_of("op.replace_entity(view)", head=HEAD)
    (block,) = operations_in(
        'DO $$ BEGIN CREATE OR REPLACE VIEW "public"."recent" AS SELECT a FROM t'
        ' WHERE b = \'x:y\'; EXCEPTION WHEN OTHERS THEN DROP VIEW IF EXISTS "public"."recent";'
        ' CREATE VIEW "public"."recent" AS SELECT a FROM t WHERE b = \'x:y\'; END; $$ LANGUAGE'
        " 'plpgsql'"
    )
    assert found == block


@pytest.mark.parametrize(
    "call",
    [
        "op.create_entity(made())",
        "op.create_entity(PGFunction(**made()))",
        "op.sync_enum_values('s', 'e', made(), [])",
        "op.sync_enum_values('s', 'e', ['a'], made())",
        "op.replace_entity(extension)",
        "op.create_entity(PGTrigger('s', 't', 'whenever', 'u'))",
    ],
)  # fmt: skip
def test_entity_that_is_not_known_is_said(call: str) -> None:
    (found,) = operations_of(call, head=f"{HEAD}from app import made\n")
    assert isinstance(found, Unrecognized)
