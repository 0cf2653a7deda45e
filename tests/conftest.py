"""What all tests share: golden files, and servers that run for the whole session."""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import hypothesis
import pytest

import servers

# The commands that tests start read compiled bytecode, as those of an installed tool do.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
os.environ["PYTHONPYCACHEPREFIX"] = str(Path(__file__).parents[1] / ".pytest_cache" / "bytecode")

# No test reads what another run has kept, nor writes into the home of whoever runs it.
os.environ["MIGSAFE_CACHE"] = "off"

# How long an example takes says nothing about the code on a machine that is busy.
hypothesis.settings.register_profile(
    "busy", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("busy")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update-golden",
        action="store_true",
        help="rewrite the files of expected output instead of comparing with them",
    )


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[[Path, str], None]:
    """Compare text with a file, or rewrite the file under ``--update-golden``."""

    def check(path: Path, actual: str) -> None:
        if request.config.getoption("--update-golden"):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(actual, "utf-8", newline="")
        expected = path.read_text("utf-8") if path.exists() else ""
        assert actual == expected, f"run: pytest --update-golden ({path})"

    return check


@pytest.fixture(scope="session")
def server_of() -> Iterator[Callable[[int], servers.Server]]:
    """Start a server of a major version when it is first asked for."""
    with ExitStack() as stack:
        running: dict[int, servers.Server] = {}

        def server_of(version: int) -> servers.Server:
            if version not in running:
                running[version] = stack.enter_context(servers.start(version))
            return running[version]

        yield server_of


@pytest.fixture(scope="session")
def server(server_of: Callable[[int], servers.Server]) -> servers.Server:
    """Return the newest embedded server."""
    return server_of(max(servers.EMBEDDED))


@pytest.fixture
def database(server: servers.Server) -> Iterator[str]:
    """Return the DSN of a fresh database on the newest embedded server."""
    with server.database() as dsn:
        yield dsn
