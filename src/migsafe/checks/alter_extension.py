"""Extensions that change under running code."""

from collections.abc import Iterator

from migsafe.context import Context
from migsafe.model.expressions import Name
from migsafe.model.findings import Finding
from migsafe.model.operations import AlterExtension, ObjectKind
from migsafe.writing.tokens import tokens


def check_operation(operation: AlterExtension, context: Context) -> Iterator[Finding]:
    """Report an extension that is updated, or that gains or loses a member."""
    name = operation.extension
    if context.named_here(ObjectKind.EXTENSION, Name(name)):
        return
    words = [word.upper() for word in tokens(operation.sql)]
    if "UPDATE" not in words:
        # ADD and DROP of a member only change what a dump and a DROP EXTENSION take along.
        return
    to = "" if "TO" in words else " to whatever version the server's disk offers on that day"
    read = f"Name the version (ALTER EXTENSION {name} UPDATE TO …), read" if to else "Read"
    yield context.finding(
        f"Updating the extension {name}{to} runs its own script: running code meets "
        "what it replaces and misses what it drops (42883, 42704), which locks it takes is not "
        "known here, and most extensions have no way back.",
        help=f"{read} its release notes, and try it on a copy with the code that runs.",
    )
