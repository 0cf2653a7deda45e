"""Runs git: no shell, no program that a repository names, in bounded time."""

import os
import subprocess
from collections.abc import Mapping
from typing import IO
from weakref import finalize

from migsafe.model.errors import InputError, UsageError
from migsafe.model.record import record

_SECONDS = 120
_FATAL = 128
# A repository's configuration may name programs; these are the ones that reading would run.
_OVERRIDES = (
    "core.fsmonitor=false",
    f"core.hooksPath={os.devnull}",
    "core.quotepath=off",
    "diff.external=",
    "diff.relative=false",
)
_FILTERS = r"^filter\..*\.(clean|smudge|process|required)$"
_ENVIRONMENT = {
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
    # What a partial clone lacks would be fetched by whatever its configuration says.
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_ALLOW_PROTOCOL": "none",
    "LC_ALL": "C",
}
# What a hook is told about its own repository is wrong for one inside of it.
_OF_ONE_REPOSITORY = frozenset(
    {
        "GIT_ALTERNATE_OBJECT_DIRECTORIES",
        "GIT_COMMON_DIR",
        "GIT_DIR",
        "GIT_GRAFT_FILE",
        "GIT_INDEX_FILE",
        "GIT_NAMESPACE",
        "GIT_OBJECT_DIRECTORY",
        "GIT_PREFIX",
        "GIT_SHALLOW_FILE",
        "GIT_WORK_TREE",
    }
)


@record
class Answer:
    """What a run of git printed, and how it ended."""

    status: int
    out: bytes
    err: str

    @property
    def line(self) -> str:
        """The only line that was printed; empty if it failed."""
        return os.fsdecode(self.out.removesuffix(b"\n")) if self.status == 0 else ""


class Git:
    """Runs git in a directory.

    Args:
        directory: Where it runs.
        inner: Whether the repository lies in another one that a hook may speak of.
    """

    def __init__(self, directory: str, *, inner: bool = False) -> None:
        """Keep the directory; nothing runs yet."""
        self._directory = directory
        self._environment = environment(os.environ, inner=inner)
        self._filters: tuple[str, ...] | None = None

    def ask(self, *arguments: str) -> Answer:
        """Return git's answer, a failure as well.

        Raises:
            UsageError: If git is not there, does not end, or will not read this repository.
        """
        try:
            done = subprocess.run(  # noqa: S603  no shell; revisions are checked, paths are none
                (*_command(), *arguments),
                cwd=self._directory,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                check=False,
                timeout=_SECONDS,
            )
        except FileNotFoundError:
            raise not_installed() from None
        except subprocess.TimeoutExpired:
            raise UsageError(
                f"git did not answer within {_SECONDS} seconds",
                help="Look what 'git status' does here; name files to lint without git.",
            ) from None
        answer = Answer(done.returncode, done.stdout, os.fsdecode(done.stderr).strip())
        if answer.status == _FATAL and "dubious ownership" in answer.err:
            raise _not_safe(answer.err)
        return answer

    def get(self, *arguments: str) -> bytes:
        """Return what git printed.

        Raises:
            UsageError: If it failed.
        """
        answer = self.ask(*arguments)
        if answer.status != 0:
            raise said(answer.err)
        return answer.out

    def compare(self, *arguments: str) -> bytes:
        """Return what git printed of a comparison with the working tree.

        Git runs the filters of changed files for it, which are programs: here it does not.
        """
        if self._filters is None:
            self._filters = tuple(self._without_filters())
        return self.get(*self._filters, *arguments)

    def _without_filters(self) -> list[str]:
        keys = self.ask("config", "-z", "--name-only", "--get-regexp", _FILTERS)
        drivers = {key.rpartition(".")[0] for key in os.fsdecode(keys.out).split("\0") if key}
        settings: list[str] = []
        for driver in sorted(drivers):
            if "=" in driver:
                raise UsageError(
                    f"git's configuration has a section {driver!r}, which cannot be switched off",
                    help="Rename it: a name without '='.",
                )
            for setting in ("clean=", "smudge=", "process=", "required=false"):
                settings += ("-c", f"{driver}.{setting}")
        return settings

    def objects(self) -> "Objects":
        """Return a reader of objects, which starts with the first that is read."""
        return Objects(self._directory, self._environment)


class Objects:
    """Reads objects by their ids, all with one process."""

    def __init__(self, directory: str, environment: Mapping[str, str]) -> None:
        """Keep where it will run."""
        self._directory = directory
        self._environment = environment
        self._process: subprocess.Popen[bytes] | None = None

    def read(self, id: str) -> bytes:
        """Return what an object holds.

        Raises:
            InputError: If this clone lacks it.
        """
        stdin, stdout = self._pipes()
        stdin.write(f"{id}\n".encode())
        stdin.flush()
        head = stdout.readline().split()
        if len(head) != 3:  # noqa: PLR2004  its id, its type and its size
            raise InputError(
                f"this clone lacks the object {id}, which git would fetch when it is needed",
                help="Clone without --filter.",
            )
        data = stdout.read(int(head[2]))
        stdout.read(1)
        return data

    def _pipes(self) -> tuple[IO[bytes], IO[bytes]]:
        process = self._process
        if process is None:
            process = self._process = subprocess.Popen(  # noqa: S603  no shell, no argument
                (*_command(), "cat-file", "--batch"),
                cwd=self._directory,
                env=self._environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
            )
            finalize(self, _stop, process)
        if process.stdin is None or process.stdout is None:
            raise TypeError("both were asked for")
        return process.stdin, process.stdout


def _stop(process: subprocess.Popen[bytes]) -> None:
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            pipe.close()
    process.wait()


def _command() -> tuple[str, ...]:
    settings = [word for setting in _OVERRIDES for word in ("-c", setting)]
    return ("git", "--no-pager", "--literal-pathspecs", *settings)


def environment(given: Mapping[str, str], *, inner: bool) -> dict[str, str]:
    """Return the environment in which git runs."""
    kept = {
        name: value for name, value in given.items() if not (inner and name in _OF_ONE_REPOSITORY)
    }
    return {**kept, **_ENVIRONMENT}


def not_installed() -> UsageError:
    """Return the error for a machine without git."""
    return UsageError(
        "git is not installed, and only it knows what is new here",
        help="Install git; or judge without it: name files, or migsafe lint --all.",
    )


def said(err: str) -> UsageError:
    """Return the error for what git refuses."""
    first = err.partition("\n")[0].removeprefix("fatal: ").removeprefix("error: ")
    return UsageError(f"git says: {first or 'nothing, and failed'}", help="")


def _not_safe(err: str) -> UsageError:
    where = err.partition("'")[2].partition("'")[0]
    return UsageError(
        f"git refuses to read '{where}': it belongs to another user",
        help=f"If you trust it: git config --global --add safe.directory {where}",
    )
