"""The classes and constants of the grammar's tree: `pb.SelectStmt`, `pb.AT_AddColumn`.

They are those of `postgast.pg_query_pb2`, made from the same description, one by one, when
somebody asks. That module makes all 276 and loads much of protobuf to do it; it is used
where protobuf has no C library or the description does not lie where it is known to.
"""

from google.protobuf.internal.enum_type_wrapper import EnumTypeWrapper
from google.protobuf.message import Message

from migsafe.parsers.postgres import shipped

_BEGIN = b"\n\x0epg_query.proto"
"""How the description begins: a set that holds nothing else stands around it."""


def __getattr__(name: str) -> object:
    made = globals()[name] = _made(name)
    return made


def _made(name: str) -> object:
    if _SCHEMA is None:
        from postgast import pg_query_pb2  # noqa: PLC0415  slow

        return getattr(pg_query_pb2, name)
    messages, enums = _SCHEMA.message_types_by_name, _SCHEMA.enum_types_by_name
    if name in messages:
        # Descriptors offer `_concrete_class`, but only to those who made a class before.
        scope = {"DESCRIPTOR": messages[name], "__module__": __name__}
        return _message.MessageMeta(name, (Message,), scope)
    if name in enums:
        return EnumTypeWrapper(enums[name])
    raise AttributeError(f"the grammar has no {name!r}")


try:
    from google._upb import _message

    with open(shipped.path("pg_query.desc"), "rb") as _file:  # noqa: PTH123  pathlib costs 5 ms
        _data = _file.read()
except (ImportError, OSError):
    _SCHEMA = None
else:
    _SCHEMA = _message.DescriptorPool(None).AddSerializedFile(_data[_data.index(_BEGIN) :])
    globals().update(
        (value.name, value.number)
        for enum in _SCHEMA.enum_types_by_name.values()
        for value in enum.values
    )
