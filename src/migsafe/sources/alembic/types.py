"""SQLAlchemy's types as the server's types.

Source:
    SQLAlchemy's compiler for PostgreSQL (2.0 and 2.1); held against its output by
    tests/sources/alembic/test_rendering.py.
"""

from migsafe.model.expressions import Type
from migsafe.model.record import replace
from migsafe.parsers import ParseError
from migsafe.parsers.sql import read_type
from migsafe.sources.alembic.values import (
    Arguments,
    Domain,
    Dotted,
    EnumClass,
    NotKnownError,
    SaType,
    Unknown,
    Value,
    known_flag,
)
from migsafe.writing.quoting import identifier

_PLAIN = {
    "BIGINT": "bigint", "BigInteger": "bigint",
    "BOOLEAN": "boolean", "Boolean": "boolean", "MatchType": "boolean",
    "BYTEA": "bytea", "LargeBinary": "bytea", "PickleType": "bytea",
    "BLOB": "blob", "CLOB": "clob", "DATETIME": "datetime",
    "CIDR": "cidr", "INET": "inet", "MACADDR": "macaddr", "MACADDR8": "macaddr8",
    "CITEXT": "citext", "HSTORE": "hstore",
    "DATE": "date", "Date": "date",
    "DOUBLE_PRECISION": "double precision", "Double": "double precision",
    "INT": "integer", "INTEGER": "integer", "Integer": "integer",
    "JSON": "json", "JSONB": "jsonb", "JSONPATH": "jsonpath",
    "MONEY": "money", "OID": "oid", "REAL": "real",
    "REGCLASS": "regclass", "REGCONFIG": "regconfig",
    "SMALLINT": "smallint", "SmallInteger": "smallint",
    "TSQUERY": "tsquery", "TSVECTOR": "tsvector", "UUID": "uuid",
    "INT4RANGE": "int4range", "INT8RANGE": "int8range", "NUMRANGE": "numrange",
    "DATERANGE": "daterange", "TSRANGE": "tsrange", "TSTZRANGE": "tstzrange",
    "INT4MULTIRANGE": "int4multirange", "INT8MULTIRANGE": "int8multirange",
    "NUMMULTIRANGE": "nummultirange", "DATEMULTIRANGE": "datemultirange",
    "TSMULTIRANGE": "tsmultirange", "TSTZMULTIRANGE": "tstzmultirange",
}  # fmt: skip
_TEXTS = {
    "String": "character varying", "Unicode": "character varying",
    "VARCHAR": "character varying", "NVARCHAR": "character varying",
    "AutoString": "character varying",
    "Text": "text", "TEXT": "text", "UnicodeText": "text",
    "CHAR": "character", "NCHAR": "character",
}  # fmt: skip
_TIMES = {
    "DateTime": "timestamp", "TIMESTAMP": "timestamp", "Time": "time", "TIME": "time"
}  # fmt: skip
_NUMBERS = frozenset({"Numeric", "NUMERIC", "DECIMAL"})
_FLOATS = frozenset({"Float", "FLOAT"})
_OF_SQLALCHEMY = frozenset({"sqlalchemy", "sqlmodel"})
# Types of other packages that are one type of the server and nothing else.
_ELSEWHERE = {"Vector": "vector", "HALFVEC": "halfvec", "CIText": "citext"}
_OF_PACKAGES = {
    ("fastapi_users_db_sqlalchemy", "GUID"): Type("uuid"),
    ("oslo_db", "JsonEncodedDict"): Type("text"),
    ("oslo_db", "JsonEncodedList"): Type("text"),
    ("sqlalchemy_utils", "EmailType"): Type("character varying", ("255",)),
    ("sqlalchemy_utils", "JSONType"): Type("json"),
    ("sqlalchemy_utils", "TSVectorType"): Type("tsvector"),
    ("sqlalchemy_utils", "URLType"): Type("text"),
    ("sqlalchemy_utils", "UUIDType"): Type("uuid"),
}
_SINGLE_PRECISION_BITS = 24


def sa_type(value: Value) -> SaType | None:
    """Return the type that a value stands for, None if it is no type at all."""
    if isinstance(value, SaType):
        return value
    if isinstance(value, Dotted):
        return made(value.path, Arguments())
    return None


def made(path: str, arguments: Arguments) -> SaType | None:
    """Return the type that a class of types makes, None if the class makes no type.

    A class that is not known makes a type that is not known: `SaType(None)`.
    """
    package, _, leaf = path.rpartition(".")
    try:
        if package.partition(".")[0] in _OF_SQLALCHEMY:
            return _of_sqlalchemy(leaf, arguments)
        known = _OF_PACKAGES.get((package.partition(".")[0], leaf))
        if known is not None:
            return SaType(known)
        if leaf in _ELSEWHERE:
            return SaType(Type(_ELSEWHERE[leaf], _numbers(arguments)))
    except NotKnownError:
        return SaType(None)
    return None


def _of_sqlalchemy(leaf: str, arguments: Arguments) -> SaType | None:  # noqa: C901, PLR0912 - a table
    plain = _PLAIN.get(leaf)
    if plain is not None:
        return SaType(Type(plain))
    if leaf in _TEXTS:
        return SaType(_text(_TEXTS[leaf], arguments))
    if leaf in _TIMES:
        return SaType(_time(_TIMES[leaf], arguments))
    if leaf in _NUMBERS:
        return SaType(Type("numeric", _precision_and_scale(arguments)))
    if leaf in _FLOATS:
        bits = _number(arguments, 0, "precision")
        small = bits is not None and int(bits) <= _SINGLE_PRECISION_BITS
        return SaType(Type("real" if small else "double precision"))
    match leaf:
        case "Enum" | "ENUM":
            return _enum(leaf, arguments)
        case "ARRAY":
            item = sa_type(arguments.at(0) or arguments.keyword("item_type"))
            if item is None or item.type is None:
                return SaType(None)
            return replace(item, type=replace(item.type, array=True))
        case "Uuid":
            native = known_flag(arguments.keyword("native_uuid", default=True), "native_uuid")
            return SaType(Type("uuid") if native else Type("character", ("32",)))
        case "BIT":
            length = _number(arguments, 0, "length")
            varying = known_flag(arguments.keyword("varying"), "varying")
            if varying:
                return SaType(Type("bit varying", (length,) if length else ()))
            return SaType(Type("bit", (length or "1",)))
        case "Interval" | "INTERVAL":
            return SaType(_interval(arguments))
        case "DOMAIN":
            return _domain(arguments)
        case _:
            return None


def _text(name: str, arguments: Arguments) -> Type:
    length = _number(arguments, 0, "length")
    if length is None and name == "character":
        length = "1"
    collation = arguments.keyword("collation")
    if collation is not None and not isinstance(collation, str):
        raise NotKnownError("the collation is not known")
    return Type(
        name,
        (length,) if length else (),
        collation=None if collation is None else identifier(collation),
    )


def _time(name: str, arguments: Arguments) -> Type:
    zone = arguments.at(0) if arguments.positional else arguments.keyword("timezone")
    precision = _number(arguments, 1, "precision")
    with_zone = known_flag(zone, "timezone")
    return Type(
        f"{name} {'with' if with_zone else 'without'} time zone",
        (precision,) if precision else (),
    )


def _precision_and_scale(arguments: Arguments) -> tuple[str, ...]:
    precision = _number(arguments, 0, "precision")
    scale = _number(arguments, 1, "scale")
    if precision is None:
        return ()
    return (precision,) if scale is None else (precision, scale)


def _interval(arguments: Arguments) -> Type:
    fields = arguments.keyword("fields")
    precision = _number(arguments, 99, "precision") or _number(arguments, 99, "second_precision")
    words = ["interval"]
    if isinstance(fields, str):
        words.append(fields)
    elif fields is not None:
        raise NotKnownError("the fields of an interval are not known")
    if precision is not None:
        words.append(f"({precision})")
    try:
        return read_type(" ".join(words))
    except ParseError as error:
        raise NotKnownError(str(error)) from error


def _domain(arguments: Arguments) -> SaType:
    name = arguments.at(0) or arguments.keyword("name")
    schema = arguments.keyword("schema")
    if not isinstance(name, str) or not (schema is None or isinstance(schema, str)):
        return SaType(None)
    base = sa_type(arguments.at(1) or arguments.keyword("data_type"))
    return SaType(
        Type(name, schema=schema),
        creates=known_flag(arguments.keyword("create_type", default=True), "create_type"),
        domain=Domain(
            None if base is None else base.type,
            known_flag(arguments.keyword("not_null"), "not_null"),
            tuple(
                value
                for keyword, value in arguments.keywords
                if keyword in {"default", "check", "constraint_name", "collation"}
            ),
        ),
    )


def _enum(leaf: str, arguments: Arguments) -> SaType:
    name = arguments.keyword("name")
    schema = arguments.keyword("schema")
    labels = _labels(arguments)
    first = arguments.at(0)
    if name is None and isinstance(first, EnumClass):
        name = first.name.lower()
    native = known_flag(arguments.keyword("native_enum", default=True), "native_enum")
    if leaf == "Enum" and not native:
        return _text_enum(arguments, labels, name)
    if not isinstance(name, str) or not (schema is None or isinstance(schema, str)):
        return SaType(None, labels, is_enum=True)
    return SaType(
        Type(name, schema=schema),
        labels,
        is_enum=True,
        creates=known_flag(arguments.keyword("create_type", default=True), "create_type"),
        inherits_schema=known_flag(arguments.keyword("inherit_schema"), "inherits"),
        checks_first=leaf == "ENUM",
    )


def _text_enum(arguments: Arguments, labels: tuple[str, ...] | None, name: Value) -> SaType:
    length = _number(arguments, 99, "length")
    if length is None and labels is not None:
        length = str(max((len(label) for label in labels), default=0))
    if length is None:
        return SaType(None)
    check = None
    if known_flag(arguments.keyword("create_constraint"), "create_constraint"):
        check = name if isinstance(name, str) else ""
    return SaType(Type("character varying", (length,)), labels, check=check)


def _labels(arguments: Arguments) -> tuple[str, ...] | None:
    first = arguments.at(0)
    if isinstance(first, EnumClass):
        return tuple(name for name, _ in first.members)
    if arguments.unknown is not None:
        return None
    labels = []
    for value in arguments.positional:
        if not isinstance(value, str):
            return None
        labels.append(value)
    return tuple(labels)


def _number(arguments: Arguments, index: int, name: str) -> str | None:
    value = arguments.at(index)
    if value is None:
        value = arguments.keyword(name)
    if value is None:
        return None
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    reason = value.reason if isinstance(value, Unknown) else "it is no number"
    raise NotKnownError(f"{name}: {reason}")


def _numbers(arguments: Arguments) -> tuple[str, ...]:
    return tuple(str(each) for each in arguments.positional if isinstance(each, int))
