"""Signals while something must be removed: nothing may cut that short."""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from types import FrameType

_STOPPING = (signal.SIGINT, signal.SIGTERM)


class TerminatedError(KeyboardInterrupt):
    """SIGTERM came; psycopg cancels what runs, as for Ctrl-C."""


def _terminate(number: int, frame: FrameType | None) -> None:
    del number, frame
    raise TerminatedError


@contextmanager
def termination_raises() -> Iterator[None]:
    """Let SIGTERM raise TerminatedError, so that everything that was made is removed."""
    before = signal.signal(signal.SIGTERM, _terminate)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


@contextmanager
def uninterrupted() -> Iterator[Callable[[], AbstractContextManager[None]]]:
    """Hold SIGINT and SIGTERM back, except inside the context manager that is given.

    What is held back is delivered when this ends.
    """
    if threading.current_thread() is not threading.main_thread():
        # Python delivers signals to the main thread only.
        yield _nothing
        return
    old = signal.pthread_sigmask(signal.SIG_BLOCK, _STOPPING)

    @contextmanager
    def interruptible() -> Iterator[None]:
        try:
            signal.pthread_sigmask(signal.SIG_SETMASK, old)
            yield
        finally:
            signal.pthread_sigmask(signal.SIG_BLOCK, _STOPPING)

    try:
        yield interruptible
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, old)


@contextmanager
def _nothing() -> Iterator[None]:
    yield
