"""`released.json`: what became of a plan's deploys. It is only ever appended to."""

import json
import os
import re
import tempfile
from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from pathlib import Path

from migsafe.model.errors import InputError
from migsafe.model.record import record, replace

SCHEMA = "migsafe.released/1"
FILE = "released.json"
_REVISION = re.compile(r"[^\0\n]+")


class EventKind(StrEnum):
    """What may happen to a deploy."""

    RELEASED = "released"
    DONE = "done"
    ROLLED_BACK = "rolled_back"


@record
class Event:
    """Something that happened to a deploy.

    `at` is a moment in UTC, ISO 8601. `migrations` are the ids that a release gave its
    files in the runner's tree.
    """

    deploy: int
    event: EventKind
    at: str
    by: str | None = None
    migrations: tuple[str, ...] = ()


@record
class Released:
    """The record of one plan, oldest event first."""

    plan: str
    events: tuple[Event, ...] = ()

    def state(self, deploy: int) -> EventKind | None:
        """Return the last thing that happened to a deploy; None: nothing yet."""
        return next((each.event for each in reversed(self.events) if each.deploy == deploy), None)

    def is_done(self, deploy: int) -> bool:
        """Return whether a deploy is recorded as done, and not as rolled back since."""
        return self.state(deploy) is EventKind.DONE

    def is_out(self, deploy: int) -> bool:
        """Return whether a deploy's files were released, and not rolled back since."""
        return self.state(deploy) in {EventKind.RELEASED, EventKind.DONE}

    @property
    def migrations(self) -> tuple[str, ...]:
        """The ids under which the plan's files lie in the runner's tree."""
        return tuple(
            each for event in self.events if self.is_out(event.deploy) for each in event.migrations
        )

    def next_deploy(self, count: int) -> int | None:
        """Return the first of `count` deploys that is not done, None if all are."""
        return next((each for each in range(1, count + 1) if not self.is_done(each)), None)

    def with_event(self, event: Event) -> "Released":
        """Return the record with one more event at its end."""
        return replace(self, events=(*self.events, event))


def load(directory: Path, plan: str) -> Released:
    """Return a plan's record; an empty one where there is no file yet.

    Args:
        directory: The plan directory.
        plan: The plan's id.

    Raises:
        InputError: If the file cannot be read or is not the record of this plan.
    """
    path = directory / FILE
    try:
        text = path.read_text("utf-8")
    except FileNotFoundError:
        return Released(plan)
    except (OSError, UnicodeDecodeError) as error:
        raise _wrong(path, f"cannot be read: {error}") from None
    try:
        document: object = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise _wrong(path, f"not JSON: {error}") from None
    if not isinstance(document, Mapping) or document.get("schema") != SCHEMA:
        raise _wrong(path, f"is not '{SCHEMA}'")
    if document.get("plan") != plan:
        raise _wrong(path, f"is the record of another plan, {document.get('plan')!r}")
    events = document.get("events")
    if not isinstance(events, list):
        raise _wrong(path, "'events' is not a list")
    return Released(plan, tuple(_event(each, at, path) for at, each in enumerate(events)))


def _event(value: object, at: int, path: Path) -> Event:
    if not isinstance(value, Mapping):
        raise _wrong(path, f"'events[{at}]' is not an object")
    deploy, event, when = value.get("deploy"), value.get("event"), value.get("at")
    by, migrations = value.get("by"), value.get("migrations", [])
    if isinstance(deploy, bool) or not isinstance(deploy, int) or deploy < 1:
        raise _wrong(path, f"'events[{at}].deploy' is not a deploy's number")
    if event not in {kind.value for kind in EventKind}:
        raise _wrong(path, f"'events[{at}].event' is {event!r}: no event is called so")
    if not isinstance(when, str) or not _is_moment(when):
        raise _wrong(path, f"'events[{at}].at' is not a moment in UTC such as 2026-01-31T12:00:00Z")
    if by is not None and not isinstance(by, str):
        raise _wrong(path, f"'events[{at}].by' is not a name")
    if not isinstance(migrations, list) or not all(
        isinstance(each, str) and _REVISION.fullmatch(each) for each in migrations
    ):
        raise _wrong(path, f"'events[{at}].migrations' is not a list of names")
    return Event(deploy, EventKind(event), when, by, tuple(migrations))


def _is_moment(text: str) -> bool:
    try:
        offset = datetime.fromisoformat(text).utcoffset()
    except ValueError:
        return False
    return offset is not None and not offset


def _wrong(path: Path, what: str) -> InputError:
    return InputError(
        f"the record of releases {what}",
        help="Bring the file back from version control: it is only ever appended to.",
        path=str(path),
    )


def render(released: Released) -> str:
    """Return a record as JSON."""
    document = {
        "schema": SCHEMA,
        "plan": released.plan,
        "events": [
            {
                "deploy": each.deploy,
                "event": each.event.value,
                "at": each.at,
                "by": each.by,
                **({"migrations": list(each.migrations)} if each.migrations else {}),
            }
            for each in released.events
        ],
    }
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def append(directory: Path, plan: str, event: Event) -> Released:
    """Add an event to a plan's record on disk and return the record.

    The file is replaced as a whole: a reader sees it before or after, never in between.

    Raises:
        InputError: If the record that is there cannot be read.
    """
    released = load(directory, plan).with_event(event)
    replace_file(directory / FILE, render(released))
    return released


def replace_file(path: Path, text: str) -> None:
    """Write a file whole or not at all."""
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(text.encode())
            file.flush()
            os.fsync(file.fileno())
        temporary.chmod(0o644)
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
