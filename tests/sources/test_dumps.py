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
