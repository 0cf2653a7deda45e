"""What a run that was killed left on this machine: its servers, stopped and removed later.

Each running server has a record in a state directory, locked as long as its owner lives: the
kernel gives the lock back however the owner ends, so that no process number can be taken
for another's.
"""

import fcntl
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from migsafe.verifying.binaries import Binaries

_SUFFIX = ".server.json"


def state_directory() -> Path:
    """Return the directory that holds records, made if need be."""
    home = os.environ.get("XDG_STATE_HOME") or str(Path("~/.local/state").expanduser())
    for directory in (
        Path(home, "migsafe"),
        Path(tempfile.gettempdir(), f"migsafe-state-{os.geteuid()}"),
    ):
        try:
            directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError:
            continue
        if os.access(directory, os.W_OK) and directory.stat().st_uid == os.geteuid():
            return directory
    return Path(tempfile.mkdtemp(prefix="migsafe-state-"))


@contextmanager
def recorded(directory: Path) -> Iterator[Callable[[Binaries], None]]:
    """Keep a record of a directory until it is gone; what is given runs the server in it."""
    path = state_directory() / f"{directory.name}{_SUFFIX}"
    with path.open("x", encoding="utf-8") as file:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)

        def write(binaries: Binaries | None) -> None:
            text = {"owner": os.getpid(), "directory": str(directory)}
            if binaries is not None:
                text |= {"binaries": str(binaries.directory), "user": binaries.user or ""}
            file.seek(0)
            json.dump(text, file)
            file.flush()

        write(None)
        try:
            yield write
        finally:
            if not directory.exists():
                path.unlink(missing_ok=True)


def clean_up() -> int:
    """Stop the servers of dead owners and remove their directories; return how many."""
    return sum(_cleaned(path) for path in sorted(state_directory().glob(f"*{_SUFFIX}")))


def _cleaned(path: Path) -> bool:
    try:
        with path.open("r+", encoding="utf-8") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return False
            found = _remove(file.read())
            path.unlink(missing_ok=True)
            return found
    except FileNotFoundError:
        # Another run was faster.
        return False


def _remove(text: str) -> bool:
    try:
        record = json.loads(text)
    except ValueError:
        # Its owner died before the record was whole, and so before the directory was made.
        return False
    directory = Path(record["directory"])
    if not directory.name.startswith("migsafe-") or not directory.is_dir():
        return False
    if "binaries" in record:
        Binaries(Path(record["binaries"]), record["user"] or None).stop(directory)
    shutil.rmtree(directory, ignore_errors=True)
    return True
