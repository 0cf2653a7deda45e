"""A connection that only reads: asked once, in one snapshot."""

from urllib.parse import quote, unquote

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from migsafe.catalog.catalog import Catalog
from migsafe.catalog.live import asking
from migsafe.catalog.live.building import Answers, build
from migsafe.model.errors import ServerError, UsageError
from migsafe.model.pattern import pattern

_OLDEST = 12
_SCHEME = pattern(r"^postgres(?:ql)?(?:\+\w+)?://")
_SETTINGS = (
    "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY",
    "SET LOCAL lock_timeout = '2s'",
    "SET LOCAL statement_timeout = '60s'",
    # Names in public are spelled without their schema, all others with it.
    "SET LOCAL search_path = public",
)
_CONNECT_SECONDS = 10


def read(url: str) -> tuple[Catalog, int]:
    """Return the catalog of a database and the major version of its server.

    Raises:
        UsageError: If it is no URL of a PostgreSQL database.
        ServerError: If the server cannot be reached or does not answer.
    """
    parameters = _parameters(url)
    secrets = _secrets(url, parameters.get("password"))
    try:
        with psycopg.connect(make_conninfo("", **parameters)) as connection:
            version = connection.info.server_version // 10_000
            if version < _OLDEST:
                raise ServerError(
                    f"the server is PostgreSQL {version}: migsafe reads {_OLDEST} and later"
                )
            return build(_answers(connection, version)), version
    except psycopg.Error as error:
        lines = str(error).strip().splitlines() or [type(error).__name__]
        raise ServerError(
            f"the database could not be read: {_without(secrets, ' '.join(lines))}",
            help="Check the URL, the network and the rights of the role.",
        ) from None


def _parameters(url: str) -> dict[str, str | int]:
    text = url.strip()
    if "://" in text:
        if _SCHEME.match(text) is None:
            raise UsageError(
                "--database-url is not the URL of a PostgreSQL database",
                help="Write postgresql://user@host/database.",
            )
        # SQLAlchemy names its driver in the scheme.
        text = _SCHEME.sub("postgresql://", text)
    try:
        given = conninfo_to_dict(text)
    except psycopg.Error:
        # What libpq says quotes the text, and with it the password.
        raise UsageError(
            "--database-url cannot be read as a URL or connection string",
            help="Write postgresql://user@host/database, special characters percent-encoded.",
        ) from None
    parameters = {key: value for key, value in given.items() if value is not None}
    parameters.setdefault("connect_timeout", _CONNECT_SECONDS)
    parameters.setdefault("application_name", "migsafe")
    return parameters


def _secrets(url: str, password: str | int | None) -> tuple[str, ...]:
    if password is None:
        return (url,)
    text = str(password)
    return tuple(
        sorted({url, text, quote(text), quote(text, safe=""), unquote(text)} - {""}, key=len)[::-1]
    )


def _without(secrets: tuple[str, ...], message: str) -> str:
    for secret in secrets:
        message = message.replace(secret, "***")
    return message


def _answers(connection: psycopg.Connection[tuple[object, ...]], version: int) -> Answers:
    for setting in _SETTINGS[:1]:
        connection.execute(setting.encode())
    row = connection.execute("SELECT pg_catalog.current_schemas(false)::text[]").fetchone()
    found = [] if row is None or not isinstance(row[0], list) else row[0]
    for setting in _SETTINGS[1:]:
        connection.execute(setting.encode())
    return Answers(
        path=tuple(str(schema) for schema in found),
        relations=tuple(asking.rows(connection, asking.RelationRow, asking.RELATIONS)),
        columns=tuple(asking.rows(connection, asking.ColumnRow, asking.COLUMNS)),
        parents=tuple(asking.rows(connection, asking.ParentRow, asking.PARENTS)),
        constraints=tuple(asking.rows(connection, asking.ConstraintRow, asking.CONSTRAINTS)),
        indexes=tuple(asking.rows(connection, asking.IndexRow, asking.INDEXES)),
        sequences=tuple(asking.rows(connection, asking.SequenceRow, asking.SEQUENCES)),
        used=tuple(asking.rows(connection, asking.UsedRow, asking.USED)),
        types=tuple(asking.rows(connection, asking.TypeRow, asking.TYPES)),
        routines=tuple(asking.rows(connection, asking.RoutineRow, asking.ROUTINES)),
        texts=tuple(asking.rows(connection, asking.TextRow, asking.of_relations(version))),
        objects=tuple(asking.rows(connection, asking.ObjectRow, asking.OBJECTS)),
        rights=tuple(asking.rows(connection, asking.RightRow, asking.RIGHTS)),
        owners=tuple(asking.rows(connection, asking.OwnerRow, asking.OWNERS)),
        default_rights=tuple(
            asking.rows(connection, asking.DefaultRightRow, asking.DEFAULT_RIGHTS)
        ),
        memberships=tuple(asking.rows(connection, asking.MembershipRow, asking.MEMBERSHIPS)),
    )
