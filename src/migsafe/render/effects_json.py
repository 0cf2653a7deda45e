"""Effects of statements for machines: `migsafe.effects/1`."""

import json

from migsafe.model.effects import Effects, Fact, OnData
from migsafe.model.expressions import Name
from migsafe.model.inspection import Inspected, Window


def render(
    inspected: tuple[Inspected, ...],
    *,
    dialect: str,
    server_version: int,
    server: str | None = None,
    remarks: tuple[str, ...] = (),
) -> str:
    """Return the effects as JSON, with one trailing newline; null says not known.

    Args:
        inspected: The statements.
        dialect: The kind of server.
        server_version: Its major version.
        server: What they were measured on; None: they are predicted.
        remarks: What a reader must know about the measurement.
    """
    document: dict[str, object] = {
        "schema": "migsafe.effects/1",
        "dialect": dialect,
        "server_version": str(server_version),
    }
    if server is not None:
        document |= {"server": server, "remarks": list(remarks)}
    measured = server is not None
    document["statements"] = [
        _statement(one) | (_measured(one) if measured else {}) for one in inspected
    ]
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _statement(one: Inspected) -> dict[str, object]:
    effects = one.effects
    return {
        "path": one.place.path,
        "line": one.place.line,
        "section": one.section,
        "sql": one.sql,
        "locks": [
            {"relation": str(name), "mode": str(lock)}
            for name, lock in sorted(effects.locks.items())
        ],
        "rewrites": _names(effects, Fact.REWRITES, effects.rewrites),
        "scans": _names(effects, Fact.SCANS, effects.scans),
        "index_builds": _names(effects, Fact.BUILDS, effects.builds),
        "blocks_reads": one.blocks_reads,
        "blocks_writes": one.blocks_writes,
        "forbidden_in_transaction": one.forbidden_in_transaction,
        "transaction": _transaction(one.window),
        "fails": one.fails,
        "error": one.error,
        "fails_on_existing_data": _on_data(effects),
        "breaks_old_code": one.breaks_old_code,
        "old_statements": {str(kind): outcome for kind, outcome in one.old_kinds.items()},
        "loses_data": one.loses_data,
        "unknown": [
            *({"fact": each.fact, "decides": each.decides} for each in effects.unknown),
            *({"fact": fact, "decides": reason} for fact, reason in one.unmeasured),
        ],
    }


def _transaction(window: Window | None) -> dict[str, object] | None:
    if window is None:
        return None
    return {
        "number": window.number,
        "certain": window.certain,
        "ends_at_line": window.ends,
        "held": [
            {"relation": str(name), "mode": str(lock), "since_line": line}
            for name, (lock, line) in sorted(window.held.items())
        ],
        "lock_timeout_ms": window.lock_timeout_ms,
        "statement_timeout_ms": window.statement_timeout_ms,
    }


def _measured(one: Inspected) -> dict[str, object]:
    return {
        "old_code": [
            {
                "kind": old.kind,
                "relation": str(old.relation),
                "sql": old.sql,
                "outcome": old.outcome,
                "error": old.error,
            }
            for old in one.old_code
        ],
        "remarks": list(one.remarks),
    }


def _names(effects: Effects, fact: Fact, names: tuple[Name, ...]) -> list[str] | None:
    if not names and not effects.knows(fact):
        return None
    return [str(name) for name in names]


def _on_data(effects: Effects) -> bool | None:
    if isinstance(effects.fails, OnData):
        return True
    return False if effects.knows(Fact.FAILS) else None
