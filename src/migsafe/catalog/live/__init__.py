"""The catalog of a database, read from its server, which is left as it is."""

from migsafe.catalog.catalog import Catalog
from migsafe.model.errors import UsageError
from migsafe.model.record import record


@record
class Live:
    """The schema of a database, and the major version of its server."""

    catalog: Catalog
    version: int


def load(url: str) -> Live:
    """Return the schema of a database with the sizes of its tables.

    The connection reads only, in one transaction that waits for no lock and no query for
    long.

    Args:
        url: `postgresql://user@host/database`, or libpq's `host=… dbname=…`.

    Raises:
        UsageError: If it is no URL of a PostgreSQL database, or psycopg is not installed.
        ServerError: If the server cannot be reached or does not answer; no password is in
            the message.
    """
    try:
        from migsafe.catalog.live.reading import read  # noqa: PLC0415  psycopg is an extra
    except ImportError as error:
        if error.name is None or not error.name.startswith("psycopg"):
            raise
        raise UsageError(
            "reading a database needs psycopg, which is not installed",
            help="Install migsafe-cli[verify].",
        ) from None
    return Live(*read(url))
