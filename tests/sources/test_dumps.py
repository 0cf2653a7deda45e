r"""What other tools print: Django's sqlmigrate, dumps of a structure by pg_dump and Rails."""

from pathlib import Path

import pytest

from commands import migsafe

DJANGO = """BEGIN;
--
-- Add field phone to user
--
ALTER TABLE "app_user" ADD COLUMN "phone" varchar(20) DEFAULT '' NOT NULL;
ALTER TABLE "app_user" ALTER COLUMN "phone" DROP DEFAULT;
COMMIT;
"""

STRUCTURE = r"""\restrict abc
SET lock_timeout = 0;
SELECT pg_catalog.set_config('search_path', '', false);
CREATE TABLE public.users (id bigint NOT NULL, email character varying);
CREATE SEQUENCE public.users_id_seq START WITH 1 INCREMENT BY 1 NO MINVALUE NO MAXVALUE CACHE 1;
ALTER SEQUENCE public.users_id_seq OWNED BY public.users.id;
ALTER TABLE ONLY public.users ALTER COLUMN id SET DEFAULT nextval('public.users_id_seq'::regclass);
COPY public.users (id, email) FROM stdin;
1	DROP TABLE users;
\.
ALTER TABLE ONLY public.users ADD CONSTRAINT users_pkey PRIMARY KEY (id);
CREATE UNIQUE INDEX index_users_on_email ON public.users USING btree (email);
SET search_path TO "$user", public;
INSERT INTO "schema_migrations" (version) VALUES
('20200101000000'),
('20190101000000');
\unrestrict abc
"""


def test_what_django_would_run_is_judged_from_a_pipe(tmp_path: Path) -> None:
    done = migsafe("lint", "-", cwd=tmp_path, stdin=DJANGO)
    assert "default-dropped-after-add" in done.stdout
    assert "the file's own BEGIN and COMMIT" in done.stdout
    assert "4 of 4 statements understood" in done.stdout


PYTHON = """--
-- Raw Python operation
--
-- THIS OPERATION CANNOT BE WRITTEN AS SQL
"""
PYTHON_BEFORE_DJANGO_4 = """--
-- MIGRATION NOW PERFORMS OPERATION THAT CANNOT BE WRITTEN AS SQL:
-- Raw Python operation
--
"""
NOTHING = """--
-- Alter field name on user
--
-- (no-op)
"""


@pytest.mark.parametrize("said", [PYTHON, PYTHON_BEFORE_DJANGO_4])
def test_what_django_does_in_python_is_hidden(tmp_path: Path, said: str) -> None:
    text = DJANGO.replace("COMMIT;", f"{NOTHING}{said}COMMIT;")
    done = migsafe("lint", "-", "--format", "concise", cwd=tmp_path, stdin=text)
    [hidden] = [line for line in done.stdout.splitlines() if "hidden-sql" in line]
    assert "Raw Python operation, which is no SQL" in hidden
    line = text.splitlines().index("-- Raw Python operation") + 1
    assert int(hidden.split(":")[1]) in {line, line - 1}
    whole = migsafe("lint", "-", cwd=tmp_path, stdin=text).stdout
    assert "4 of 5 statements understood" in whole


def test_what_django_leaves_alone_and_what_only_quotes_it_is_not_hidden(tmp_path: Path) -> None:
    quoted = "COMMENT ON TABLE app_user IS '\n-- THIS OPERATION CANNOT BE WRITTEN AS SQL';\n"
    text = DJANGO.replace("COMMIT;", f"{NOTHING}{quoted}COMMIT;")
    assert "5 of 5 statements understood" in migsafe("lint", "-", cwd=tmp_path, stdin=text).stdout


def test_what_django_runs_outside_of_a_transaction_is_said_to_be_taken_for_one(
    tmp_path: Path,
) -> None:
    # With `atomic = False` it writes no BEGIN.
    index = 'CREATE INDEX CONCURRENTLY "i{0}" ON "app_user" ("phone");\n'
    done = migsafe("lint", "-", cwd=tmp_path, stdin=index.format(1) + index.format(2))
    assert "runner not known, judged as one transaction" in done.stdout
    lone = migsafe("lint", "-", cwd=tmp_path, stdin=index.format(1))
    assert "concurrently-in-transaction" not in lone.stdout


@pytest.mark.parametrize("stdin", [True, False])
def test_a_dump_of_a_structure_is_read_whole(tmp_path: Path, *, stdin: bool) -> None:
    dump = tmp_path / "structure.sql"
    dump.write_text(STRUCTURE, "utf-8")
    if stdin:
        done = migsafe("lint", "-", cwd=tmp_path, stdin=STRUCTURE)
        assert "13 of 13 statements understood" in done.stdout
        return
    change = tmp_path / "change.sql"
    change.write_text("DROP INDEX CONCURRENTLY index_users_on_email;", "utf-8")
    done = migsafe("lint", "--schema", dump.name, change.name, cwd=tmp_path)
    # It knows the index, and what it is of.
    assert "drop-uniqueness" in done.stdout
    assert "users" in done.stdout


def test_the_next_command_takes_the_pipe_as_well(tmp_path: Path) -> None:
    done = migsafe("lint", "-", cwd=tmp_path, stdin=DJANGO)
    assert done.stdout.rstrip().endswith("next: migsafe plan -")
    assert migsafe("plan", "-", cwd=tmp_path, stdin=DJANGO).returncode == 0
