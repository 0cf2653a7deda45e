"""The record of releases: appended to, replaced as a whole, and read with care."""

import json
from pathlib import Path

import pytest

from migsafe.ledger.released import (
    FILE,
    Event,
    EventKind,
    Released,
    append,
    load,
)
from migsafe.model.errors import InputError

AT = "2026-01-02T03:04:05Z"


def test_events_are_appended_in_the_contract_s_words(tmp_path: Path) -> None:
    assert load(tmp_path, "p") == Released("p")
    append(tmp_path, "p", Event(1, EventKind.RELEASED, AT, migrations=("0003_p_1_expand",)))
    append(tmp_path, "p", Event(1, EventKind.DONE, AT, "ana"))
    document = json.loads((tmp_path / FILE).read_text("utf-8"))
    assert document == {
        "schema": "migsafe.released/1",
        "plan": "p",
        "events": [
            {
                "deploy": 1, "event": "released", "at": AT, "by": None,
                "migrations": ["0003_p_1_expand"],
            },
            {"deploy": 1, "event": "done", "at": AT, "by": "ana"},
        ],
    }  # fmt: skip
    assert [path.name for path in tmp_path.iterdir()] == [FILE]


def test_the_last_event_of_a_deploy_counts() -> None:
    events = (
        Event(1, EventKind.RELEASED, AT, migrations=("a",)),
        Event(1, EventKind.DONE, AT),
        Event(2, EventKind.RELEASED, AT, migrations=("b",)),
        Event(2, EventKind.ROLLED_BACK, AT),
    )
    released = Released("p", events)
    assert released.is_done(1)
    assert not released.is_out(2)
    assert released.migrations == ("a",)
    assert released.next_deploy(3) == 2
    assert Released("p", events[:2]).next_deploy(1) is None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "not JSON"),
        ("[]", "is not 'migsafe.released/1'"),
        ('{"schema": "migsafe.released/2", "plan": "p", "events": []}', "migsafe.released/1"),
        ('{"schema": "migsafe.released/1", "plan": "q", "events": []}', "another plan"),
        ('{"schema": "migsafe.released/1", "plan": "p", "events": {}}', "'events' is not a list"),
    ],
)
def test_a_bad_record_is_one_message(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / FILE).write_text(text)
    with pytest.raises(InputError, match="the record of releases") as caught:
        load(tmp_path, "p")
    assert said in caught.value.message
    assert caught.value.help
    assert caught.value.path.endswith(FILE)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"deploy": 0}, "deploy"),
        ({"deploy": True}, "deploy"),
        ({"event": "gone"}, "gone"),
        ({"at": "yesterday"}, "at"),
        ({"at": "2026-01-02T03:04:05"}, "at"),
        ({"by": 3}, "by"),
        ({"migrations": [1]}, "migrations"),
    ],
)
def test_a_bad_event_is_refused_with_its_place(
    tmp_path: Path, change: dict[str, object], said: str
) -> None:
    event = {"deploy": 1, "event": "done", "at": AT, "by": None} | change
    document = {"schema": "migsafe.released/1", "plan": "p", "events": [event]}
    (tmp_path / FILE).write_text(json.dumps(document))
    with pytest.raises(InputError, match=r"events\[0\]") as caught:
        load(tmp_path, "p")
    assert said in caught.value.message


def test_a_failed_write_leaves_the_record_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    append(tmp_path, "p", Event(1, EventKind.RELEASED, AT))
    before = (tmp_path / FILE).read_bytes()

    def replace(*_: Path) -> Path:
        raise OSError("no space left")

    monkeypatch.setattr(Path, "replace", replace)
    with pytest.raises(OSError, match="no space"):
        append(tmp_path, "p", Event(1, EventKind.DONE, AT))
    assert (tmp_path / FILE).read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == [FILE]
