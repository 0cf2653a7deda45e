"""Which files are application code, and what is said of those that cannot be read."""

from pathlib import Path
from time import perf_counter

import pytest

from migsafe.codebase import is_application_code, uses


@pytest.mark.parametrize(
    "path",
    [
        "app/models.py",
        "manage.py",
        "src/latest.py",
        "internal/db/queries/users.sql",
        "pkg/store/users.go",
        "web/src/pages/index.tsx",
        "prisma/schema.prisma",
        "lib/app/user.rb",
        "src/main/java/org/shop/UserSpec.java",
        "app/immigration/office.py",
        "app/contest/models.py",
    ],
)
def test_code_that_a_release_runs(path: str) -> None:
    assert is_application_code(path)


@pytest.mark.parametrize(
    "path",
    [
        "tests/test_models.py",
        "app/test_models.py",
        "app/conftest.py",
        "pkg/store/users_test.go",
        "web/src/index.test.ts",
        "web/src/__tests__/index.ts",
        "spec/models/user_spec.rb",
        "src/UserTests.cs",
        "node_modules/pg/index.js",
        "vendor/lib/a.go",
        "app/migrations/0001_initial.py",
        "db/migrate/20200101_add.rb",
        "server/_migrations/versions/a.py",
        "prisma/migrations/1_init/migration.sql",
        "package-lock.json",
        "poetry.lock",
        "README.md",
        "docs/conf.py",
        "web/dist/app.js",
        "web/app.min.js",
        "api/user.pb.go",
        "api/user_pb2.py",
        "db/query.sql.go",
        "types/index.d.ts",
        "db/schema.rb",
        "image.png",
        "Makefile",
    ],
)
def test_files_that_are_none(path: str) -> None:
    assert not is_application_code(path)


@pytest.mark.parametrize(
    ("path", "text", "unread"),
    [
        ("a.py", "def (:\n", "not Python: invalid syntax (line 1)"),
        ("a.py", "x = '''\n\n", "not Python: unterminated triple-quoted string literal"),
        ("a.py", "(" * 5_000 + ")" * 5_000, "not Python: too many nested parentheses (line 1)"),
        ("a.py", "x = " + "-" * 100_000 + "1", "not readable as Python"),
        ("a.py", "x" * 1_000_001, "longer than 1,000,000 characters"),
        ("a.py", "x = '\0'", "not text: it holds a NUL character"),
        ("a.sql", "SELECT '\0'", "not text: it holds a NUL character"),
        ("a.js", "x;" * 20_000, "made by a machine: a line of 40,000 characters"),
        ("a.zig", "x", "no reader for .zig files"),
    ],
)
def test_a_file_that_cannot_be_read_says_why(path: str, text: str, unread: str) -> None:
    read = uses(path, text)
    assert read.found == ()
    assert read.unread is not None
    assert read.unread.startswith(unread)


def test_nothing_of_a_file_is_run(tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    text = f"open({str(trace)!r}, 'w').write('x')\nimport nowhere\nraise SystemExit(3)\n"
    assert uses("app/models.py", text).unread is None
    assert not trace.exists()


_HOSTILE = {
    "a.py": [
        "f(" * 90 + ")" * 90,
        "x = " + " + ".join(["'SELECT a FROM t'"] * 3_000),
        "x = " + " + ".join(["'a'", "b"] * 3_000),
        "x = q" + ".filter(a=1)" * 500,
        "q = 'SELECT a FROM t'\n" * 3_000,
        "q = '" + "SELECT " * 30_000 + "'",
        "q = '" + "{" * 200_000 + " '",
        "class A:\n    x = Column()\n"
        + "".join(
            f"class A{n}(A{n - 1 if n else ''}):\n    x{n} = Column()\n" for n in range(2_000)
        ),
        "def f():\n" + "    x = User()\n" * 5_000 + "    def g(): x.a\n" * 1_000,
        "class A[" * 20_000,
        "except a, " * 50_000,
        f"x = ['é', {'a.b, ' * 100_000}]",
    ],
    "a.sql": [
        "SELECT a FROM t WHERE b = @c;\n" * 1_000,
        "SELECT " + "(" * 50_000,
        "/*" * 50_000,
        f"WITH {','.join(f'c{n} AS (SELECT 1)' for n in range(30_000))} SELECT 1 FROM c1",
        f"SELECT {'a, ' * 30_000} b FROM {','.join(f't{n}' for n in range(30_000))}",
    ],
    "a.ts": [
        ("`${" * 3_000 + "\n") * 10,
        ("pgTable('a', {" * 1_000 + "\n") * 20,
        ("pgEnum('a', [" * 1_000 + "\n") * 20,
        ("/" * 10_000 + "\n") * 20,
        ("x = /[" * 2_000 + "\n") * 20,
        ('"\\' * 5_000 + "\n") * 20,
        ("'a' + " * 2_000 + "\n") * 20,
        ("{" * 10_000 + "\n") * 20,
    ],
    "a.rs": [('r#"' * 5_000 + "\n") * 20, '"' + ('\\"' * 9_000 + "\n") * 40],
    "b.rs": [("table! { a(b" * 1_500 + "\n") * 20, ("#[sql_name = " * 1_500 + "\n") * 20],
    "a.rb": [
        ("<<~A\n") * 50_000,
        "\n".join(f"<<~A{n}" for n in range(80_000)),
        ("#{" * 9_000 + "\n") * 20,
    ],
    "a.go": [("`" * 9_999 + "\n") * 20, ('`db:"' * 3_000 + "\n") * 20],
    "a.prisma": [("model A {\n a Int @unique(" + "@unique(" * 2_000 + "\n}\n") * 10],
}


@pytest.mark.parametrize(
    ("path", "text"), [(path, text) for path, texts in _HOSTILE.items() for text in texts]
)
def test_hostile_files_cost_no_more_than_long_ones(path: str, text: str) -> None:
    start = perf_counter()
    uses(path, text)
    assert perf_counter() - start < 10
