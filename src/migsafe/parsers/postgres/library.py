"""The grammar's own functions: SQL to a tree, and a tree back to SQL."""

import ctypes
import sys

from google.protobuf.message import Message

from migsafe.parsers.postgres import pb, shipped

_NAMES = {"darwin": "libpg_query.dylib", "win32": "pg_query.dll"}


class PgQueryError(Exception):
    """What the library says against a text or a tree; `cursorpos` counts from 1."""

    def __init__(self, message: str, cursorpos: int) -> None:
        """Keep the message and the place, 0 if there is none."""
        super().__init__(message)
        self.message = message
        self.cursorpos = cursorpos


class _Error(ctypes.Structure):
    _fields_ = (
        ("message", ctypes.c_char_p),
        ("funcname", ctypes.c_char_p),
        ("filename", ctypes.c_char_p),
        ("lineno", ctypes.c_int),
        ("cursorpos", ctypes.c_int),
        ("context", ctypes.c_char_p),
    )


class _Tree(ctypes.Structure):
    _fields_ = (("length", ctypes.c_size_t), ("data", ctypes.c_void_p))


class _Given(ctypes.Structure):
    _fields_ = (("length", ctypes.c_size_t), ("data", ctypes.c_char_p))


class _Parsed(ctypes.Structure):
    _fields_ = (
        ("tree", _Tree),
        ("stderr", ctypes.c_char_p),
        ("error", ctypes.POINTER(_Error)),
    )


class _Deparsed(ctypes.Structure):
    _fields_ = (("query", ctypes.c_char_p), ("error", ctypes.POINTER(_Error)))


def _load() -> ctypes.CDLL:
    try:
        return ctypes.CDLL(shipped.path(_NAMES.get(sys.platform, "libpg_query.so")))
    except OSError:
        from postgast.native import lib  # noqa: PLC0415  slow; it looks in more places

        return ctypes.CDLL(lib._name)  # noqa: SLF001  a library of its own: prototypes are shared


_LIBRARY = _load()
_parse = _LIBRARY.pg_query_parse_protobuf
_parse.argtypes, _parse.restype = (ctypes.c_char_p,), _Parsed
_free_parsed = _LIBRARY.pg_query_free_protobuf_parse_result
_free_parsed.argtypes, _free_parsed.restype = (_Parsed,), None
_deparse = _LIBRARY.pg_query_deparse_protobuf
_deparse.argtypes, _deparse.restype = (_Given,), _Deparsed
_free_deparsed = _LIBRARY.pg_query_free_deparse_result
_free_deparsed.argtypes, _free_deparsed.restype = (_Deparsed,), None


def parse(sql: str) -> pb.ParseResult:
    """Return the tree of all statements of a text.

    Raises:
        PgQueryError: If the grammar refuses it.
        DecodeError: If it is nested deeper than protobuf follows.
    """
    result = _parse(sql.encode())
    try:
        _require(result)
        tree = result.tree
        return pb.ParseResult.FromString(ctypes.string_at(tree.data, tree.length))
    finally:
        _free_parsed(result)


def deparse(tree: Message) -> str:
    """Return the canonical text of a tree.

    Raises:
        PgQueryError: If the library cannot write it.
    """
    data = tree.SerializeToString()
    result = _deparse(_Given(len(data), data))
    try:
        _require(result)
        text: bytes = result.query
        return text.decode()
    finally:
        _free_deparsed(result)


def _require(result: _Parsed | _Deparsed) -> None:
    if result.error:
        error = result.error.contents
        raise PgQueryError((error.message or b"").decode(), error.cursorpos)
