"""Session settings that later migrations inherit."""

import pytest

from linting import found_by
from migsafe.model.findings import Confidence
from migsafe.model.origin import Runner

RULE = "leaking-setting"


@pytest.mark.parametrize(
    ("sql", "runner", "lines"),
    [
        ("SET search_path = a;", Runner.FILE, [1]),
        ("SET search_path = a;", Runner.NONE, [1]),
        ("SET SEARCH_PATH = a;", Runner.AUTO, [1]),
        ("SET LOCAL search_path = a;", Runner.FILE, []),
        ("SELECT set_config('search_path', 'a', true);", Runner.FILE, []),
        ("SELECT set_config('search_path', current_user::text, true);", Runner.FILE, []),
        ("SELECT set_config('search_path', current_user::text, false);", Runner.FILE, [1]),
        ("SELECT set_config('search_path', 'a', current_user = 'b');", Runner.FILE, [1]),
        ("SELECT set_config('search_path', NULL, false);", Runner.FILE, []),
        ("SET search_path = a;\nSELECT set_config('search_path', b(), false);", Runner.FILE, [1]),
        ("SET search_path = a;\nRESET search_path;", Runner.FILE, []),
        ("SET search_path = a;\nSET search_path TO DEFAULT;", Runner.FILE, []),
        ("SET search_path = a;\nRESET ALL;", Runner.NONE, []),
        ("SET search_path = a;\nDISCARD ALL;", Runner.NONE, []),
        ("SET search_path = a;\nRESET lock_timeout;", Runner.FILE, [1]),
        ("RESET search_path;\nSET search_path = a;", Runner.FILE, [2]),
        ("SET ROLE a;", Runner.FILE, [1]),
        ("SET ROLE a;\nRESET ROLE;", Runner.FILE, []),
        ("SET ROLE a;\nSET ROLE NONE;", Runner.FILE, []),
        ("SET SESSION AUTHORIZATION a;", Runner.FILE, [1]),
        ("SET lock_timeout = '2s';", Runner.FILE, [1]),
        ("SET lock_timeout = '2s';", Runner.NONE, []),
        ("SET lock_timeout = '2s';", Runner.AUTO, []),
        ("SET statement_timeout = 0;\nRESET statement_timeout;", Runner.FILE, []),
        ("SET client_min_messages = warning;", Runner.FILE, []),
    ],
)
def test_a_setting_is_reported_if_it_is_still_there_at_the_end(
    sql: str, runner: Runner, lines: list[int]
) -> None:
    assert [each.place.line for each in found_by(RULE, sql, runner=runner)] == lines


@pytest.mark.parametrize(
    ("sql", "words"),
    [
        ("SET ROLE a;\nSET search_path = b;", "; so does search_path (line 2)."),
        (
            "SET ROLE a;\nSET search_path = b;\nSET lock_timeout = 1;",
            "; so do search_path (line 2) and lock_timeout (line 3).",
        ),
    ],
)
def test_one_finding_names_all_settings_of_a_section(sql: str, words: str) -> None:
    [one] = found_by(RULE, sql)
    assert one.message.endswith(words)


@pytest.mark.parametrize(
    ("sql", "runner", "help_"),
    [
        ("SET ROLE a;", Runner.FILE, "SET LOCAL role = …, which ends with the transaction."),
        ("SET ROLE a;", Runner.NONE, "End the migration with RESET role."),
        (
            "SET search_path = a;",
            Runner.NONE,
            "Write the schema before each name instead, or end with RESET search_path.",
        ),
    ],
)
def test_the_way_out_fits_the_runner(sql: str, runner: Runner, help_: str) -> None:
    [one] = found_by(RULE, sql, runner=runner)
    assert one.help == help_


def test_a_runner_that_is_not_known_may_use_a_session_for_each_file() -> None:
    [one] = found_by(RULE, "SET search_path = a;", runner=Runner.AUTO)
    assert one.confidence is Confidence.LOW


def test_a_value_that_a_run_computes_may_be_the_one_before() -> None:
    [one] = found_by(RULE, "SET role = a;\nSELECT set_config('role', old_role(), false);")
    assert one.confidence is Confidence.LOW
