"""Settings of the session that later migrations inherit."""

from collections.abc import Iterator

from migsafe.context import Applied, Context, Deploy, listed
from migsafe.model.findings import Confidence, Finding
from migsafe.model.migration import Section
from migsafe.model.operations import ResetParameter, SetParameter
from migsafe.model.origin import Runner

_WHO_AND_WHERE = {
    "search_path": "later migrations, and the runner's own record of them, look for their tables "
    "elsewhere",
    "role": "what later migrations make belongs to that role, with its rights",
    "session_authorization": "what later migrations make belongs to that role, with its rights",
    "row_security": "later migrations meet other rows",
    "check_function_bodies": "later migrations make functions that nobody looks at",
}
_TIMEOUTS = {
    "lock_timeout": "later migrations wait for locks as long as it says",
    "statement_timeout": "later migrations are stopped, or not stopped, as it says",
    "transaction_timeout": "later migrations are stopped, or not stopped, as it says",
    "idle_in_transaction_session_timeout": "later migrations are stopped, or not stopped, as it "
    "says",
}


def check_deploy(deploy: Deploy, context: Context) -> Iterator[Finding]:
    """Report each section that ends with settings of its own in force, on the first of them."""
    for way in (deploy.up, deploy.down):
        left: dict[str, list[Applied]] = {}
        section: Section | None = None
        for applied in way:
            if applied.section is not section:
                yield from _reported(left, context)
                left, section = {}, applied.section
            _follow(applied, left)
        yield from _reported(left, context)


def _follow(applied: Applied, left: dict[str, list[Applied]]) -> None:
    """Note what a statement sets for the session, and what it takes back."""
    match applied.operation:
        case SetParameter(parameter=parameter, value=None, local=False, computed=None):
            left.pop(parameter.lower(), None)
        case SetParameter(parameter=parameter, value="none", local=False) if (
            parameter.lower() == "role"
        ):
            left.pop("role", None)
        case SetParameter(parameter=parameter, local=False):
            name = parameter.lower()
            if name in _WHO_AND_WHERE or (name in _TIMEOUTS and _could_be_local(applied)):
                left.setdefault(name, []).append(applied)
        case ResetParameter(parameter=None):
            left.clear()
        case ResetParameter(parameter=str() as parameter):
            left.pop(parameter.lower(), None)
        case _:
            pass


def _could_be_local(applied: Applied) -> bool:
    """Say whether SET LOCAL would have done: outside a transaction a timeout has no other form."""
    transaction = applied.transaction
    return transaction.is_open and transaction.certain and not applied.origin.autocommit


def _reported(left: dict[str, list[Applied]], context: Context) -> Iterator[Finding]:
    for (name, (first, *again)), *others in context.said_once(left.items(), lambda one: one[1][0]):
        words = {**_TIMEOUTS, **_WHO_AND_WHERE}[name]
        also = [f"{other} (line {each[0].line})" for other, each in others]
        besides = f"; so {'does' if len(also) == 1 else 'do'} {listed(also)}" if also else ""
        # What a run computes may be the value that was there before.
        known = first.section.runner is not Runner.AUTO and not any(map(_is_computed, again))
        yield context.at(first).finding(
            f"SET {name} outlives this migration: in the same session {words}{besides}.",
            help=_help([name, *(other for other, _ in others)], first),
            relations=(),
            confidence=Confidence.HIGH if known else Confidence.LOW,
        )


def _is_computed(applied: Applied) -> bool:
    return isinstance(applied.operation, SetParameter) and applied.operation.computed is not None


def _help(names: list[str], applied: Applied) -> str:
    called = applied.origin.call_span is not None
    if _could_be_local(applied):
        local = f"SET LOCAL {names[0]} = …"
        statement = f'op.execute("{local}")' if called else local
        return f"{statement}, which ends with the transaction."
    resets = "; ".join(f"RESET {name}" for name in names)
    if names == ["search_path"]:
        return f"Write the schema before each name instead, or end with {resets}."
    return f"End the migration with {resets}."
