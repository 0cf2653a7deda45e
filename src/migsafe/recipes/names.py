"""Names of what a plan makes: deterministic, and short enough for the server."""

import hashlib
import re

from migsafe.model.expressions import Name

_LIMIT = 63
"""Bytes of an identifier that the server keeps (NAMEDATALEN - 1); it cuts the rest silently."""
_DIGEST = 8


def fitted(prefix: str, middle: str, suffix: str = "") -> str:
    """Return a name of at most 63 bytes; a middle that is cut gets a digest of itself."""
    whole = f"{prefix}{middle}{suffix}"
    if len(whole.encode()) <= _LIMIT:
        return whole
    mark = "_" + hashlib.sha256(middle.encode()).hexdigest()[:_DIGEST]
    room = _LIMIT - len(f"{prefix}{mark}{suffix}".encode())
    cut = middle.encode()[:room].decode("utf-8", "ignore")
    return f"{prefix}{cut}{mark}{suffix}"


def of_plan(plan_id: str, ordinal: int) -> str:
    """Return the part of a name that tells plans, and the intents of one plan, apart."""
    slug = re.sub(r"[^a-z0-9]+", "_", plan_id.lower()).strip("_") or "plan"
    return slug if ordinal == 1 else f"{slug}_{ordinal}"


def quarantined(name: str) -> str:
    """Return the name under which something waits to be dropped."""
    return fitted("", name, "__migsafe_drop")


def shadow(name: str) -> str:
    """Return the name of the column that will take another's place."""
    return fitted("", name, "__migsafe_new")


def not_null_check(table: Name, column: str) -> str:
    """Return the name of the CHECK that lets SET NOT NULL go without a scan."""
    return fitted("migsafe_nn_", f"{table.name}_{column}")
