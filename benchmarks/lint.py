"""Paired timings of `migsafe lint` against squawk and against Python's own start.

Run `pip install squawk-cli` first, then `python benchmarks/lint.py`. Ratios hold from
machine to machine, milliseconds do not: wall times are medians of runs that take turns, CPU
times their minima. Everything runs with compiled bytecode, as an installed tool does,
whatever this shell says of it.
"""

import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

FILES = 1000
RUNS = 7
THIRTY_LINES = """\
SET lock_timeout = '2s';

ALTER TABLE users
    ADD COLUMN phone varchar(20),
    ADD COLUMN country text NOT NULL DEFAULT 'unknown';

CREATE TABLE phone_checks (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    user_id bigint NOT NULL REFERENCES users (id),
    phone varchar(20) NOT NULL,
    checked_at timestamptz NOT NULL DEFAULT now(),
    result text
);

CREATE INDEX phone_checks_user_id ON phone_checks (user_id);

ALTER TABLE orders
    ADD CONSTRAINT orders_total_positive CHECK (total >= 0) NOT VALID;

ALTER TABLE orders ALTER COLUMN status SET NOT NULL;

CREATE INDEX orders_status ON orders (status);

UPDATE orders SET status = 'open' WHERE status IS NULL;

ALTER TABLE orders DROP COLUMN legacy_status;

COMMENT ON TABLE phone_checks IS 'One row a check of a phone number';
"""


def main() -> None:
    """Print one table of ratios."""
    tools = Path(sys.executable).parent
    migsafe = shutil.which("migsafe", path=tools) or "migsafe"
    squawk = shutil.which("squawk", path=tools) or shutil.which("squawk")
    if squawk is None:
        sys.exit("squawk is the peer of this benchmark: pip install squawk-cli")
    with tempfile.TemporaryDirectory() as folder:
        one = Path(folder) / "one" / "0001_thirty_lines.sql"
        one.parent.mkdir()
        one.write_text(THIRTY_LINES, "utf-8")
        many = Path(folder) / "many"
        many.mkdir()
        for number in range(1, FILES + 1):
            (many / f"{number:04}_change.sql").write_text(_generated(number), "utf-8")
        globbed = sorted(str(path) for path in many.iterdir())
        python = [sys.executable, "-c", "pass"]
        _compare(
            "one 30-line file",
            [migsafe, "lint", str(one)],
            [squawk, "--reporter", "gcc", str(one)],
            python,
        )
        _compare(
            f"{FILES} files",
            [migsafe, "lint", str(many)],
            [squawk, "--reporter", "gcc", *globbed],
            python,
        )


def _generated(number: int) -> str:
    table = f"t{number % 97}"
    return (
        f"CREATE TABLE IF NOT EXISTS {table} (id bigint PRIMARY KEY, note text);\n"
        f"ALTER TABLE {table} ADD COLUMN c{number} integer;\n"
        f"CREATE INDEX {table}_c{number} ON {table} (c{number});\n"
        f"ALTER TABLE {table} ADD CONSTRAINT {table}_k{number} CHECK (c{number} > 0) NOT VALID;\n"
        f"INSERT INTO {table} (id, note) VALUES ({number}, 'row');\n"
    )


def _compare(name: str, migsafe: list[str], squawk: list[str], python: list[str]) -> None:
    commands = {"python": python, "squawk": squawk, "migsafe": migsafe}
    wall: dict[str, list[float]] = {who: [] for who in commands}
    cpu: dict[str, list[float]] = {who: [] for who in commands}
    with tempfile.TemporaryDirectory() as bytecode:
        environment = {**os.environ, "PYTHONPYCACHEPREFIX": bytecode}
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        for command in commands.values():
            _run(command, environment)  # it compiles, the others read
        for _ in range(RUNS):
            for who, command in commands.items():
                took, used = _run(command, environment)
                wall[who].append(took)
                cpu[who].append(used)
    for kind, found in (
        ("wall", {who: statistics.median(times) for who, times in wall.items()}),
        ("CPU", {who: min(times) for who, times in cpu.items()}),
    ):
        print(
            f"{name}, {kind}: migsafe {found['migsafe'] * 1000:.0f} ms = "
            f"{found['migsafe'] / found['squawk']:.2f} x squawk = "
            f"{found['migsafe'] / found['python']:.1f} x python -c pass "
            f"(squawk {found['squawk'] * 1000:.0f} ms, python {found['python'] * 1000:.0f} ms)"
        )


def _run(command: list[str], environment: dict[str, str]) -> tuple[float, float]:
    """Return the seconds that a command takes and the CPU seconds that it uses."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.perf_counter()
    subprocess.run(
        command,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        check=False,
    )
    took = time.perf_counter() - start
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return took, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


if __name__ == "__main__":
    main()
