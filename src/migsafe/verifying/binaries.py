"""The programs of a PostgreSQL server: made, started and stopped as a user without rights."""

import os
import pwd
import shutil
import subprocess
from pathlib import Path

from migsafe.model.errors import UsageError
from migsafe.model.record import record

UNPRIVILEGED = "migsafe"
"""The user that a server runs as when migsafe runs as root; made if it is not there."""

_SETTINGS = (
    "listen_addresses=",
    "fsync=off",
    "full_page_writes=off",
    "synchronous_commit=off",
    "autovacuum=off",  # its locks would be taken for those of a statement
    "max_connections=20",
    "wal_level=logical",
    "shared_buffers=32MB",
)


@record
class Binaries:
    """A directory of server programs, and the user who runs them (None: the caller)."""

    directory: Path
    user: str | None

    def make(self, directory: Path) -> None:
        """Make and start a server in a directory of its own; its socket is there too.

        Raises:
            UsageError: If it does not start.
        """
        if self.user is not None:
            account = pwd.getpwnam(self.user)
            os.chown(directory, account.pw_uid, account.pw_gid)
        data = str(directory / "data")
        self._run(
            directory,
            *("initdb", "-A", "trust", "-E", "utf8", "--locale=C", "--no-sync"),
            *("-U", "postgres", "-D", data),
        )
        settings = (*_SETTINGS, f"unix_socket_directories={directory}")
        with (directory / "data" / "postgresql.auto.conf").open("a", encoding="utf-8") as file:
            for setting in settings:
                name, _, value = setting.partition("=")
                file.write(f"{name} = '{value}'\n")
        self._run(directory, "pg_ctl", "-w", "-D", data, "-l", str(directory / "log"), "start")

    def stop(self, directory: Path) -> None:
        """Stop the server of a directory at once, if it runs."""
        data = directory / "data"
        if (data / "postmaster.pid").exists() and (self.directory / "pg_ctl").exists():
            command = [str(self.directory / "pg_ctl"), "-w", "-D", str(data), "-m", "immediate"]
            subprocess.run(  # noqa: S603  a program of the server's, no shell
                [*command, "stop"],
                check=False,
                user=self.user,
                cwd=directory,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )

    def _run(self, directory: Path, program: str, *arguments: str) -> None:
        log = directory / "output"
        with log.open("wb") as output:
            done = subprocess.run(  # noqa: S603  a program of the server's, no shell
                [str(self.directory / program), *arguments],
                check=False,
                user=self.user,
                cwd=directory,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                # Ctrl-C in a terminal is for us; the server is stopped by us.
                start_new_session=True,
                env={**os.environ, "LC_ALL": "C"},
            )
        if done.returncode:
            said = log.read_text("utf-8", "replace").strip().splitlines() or ["(no output)"]
            raise UsageError(
                f"the throw-away server does not start: {program} says {said[-1]!r}",
                help="Mend that, or name a server with --database-url.",
            )


def runnable(binaries: Path, directory: Path) -> Binaries:
    """Return programs that can be run from here: as root through a user without rights.

    Where that user cannot reach them (a venv in root's home) they are copied into
    `directory`, rather than opening the way to them.

    Raises:
        UsageError: If there is no such user and none can be made.
    """
    if os.geteuid() != 0:
        return Binaries(binaries, None)
    _ensure_user()
    if not _reaches(binaries):
        shutil.copytree(binaries.parent, directory / "programs", symlinks=True)
        binaries = directory / "programs" / binaries.name
    return Binaries(binaries, UNPRIVILEGED)


def _reaches(binaries: Path) -> bool:
    try:
        subprocess.run(  # noqa: S603  a program of the server's, no shell
            [str(binaries / "postgres"), "--version"],
            check=True,
            user=UNPRIVILEGED,
            cwd="/",
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
    except (OSError, subprocess.CalledProcessError):
        return False
    return True


def _ensure_user() -> None:
    try:
        pwd.getpwnam(UNPRIVILEGED)
    except KeyError:
        command = ("useradd", "--system", "--no-create-home", "--shell", "/usr/sbin/nologin")
        try:
            subprocess.run(  # noqa: S603  the system's own program
                [*command, UNPRIVILEGED], check=True, capture_output=True
            )
        except (OSError, subprocess.CalledProcessError) as error:
            raise UsageError(
                f"PostgreSQL does not run as root, and the user {UNPRIVILEGED!r} cannot be made",
                help="Run migsafe as another user, or name a server with --database-url.",
            ) from error
