"""What the reading of a revision asks about other files of its repository."""

import os
from collections.abc import Iterable, Iterator
from hashlib import sha256

from migsafe.model.record import record
from migsafe.sources.alembic.importer import Found, Importer, is_foreign
from migsafe.sources.files import Files


@record
class Question:
    """A question to an importer: its method, the name or path asked for, and who asked."""

    method: str
    name: str
    importing: str


class Noting(Importer):
    """An importer that notes what it is asked, but for names that no file decides.

    Reading a text again gives the same as long as its questions have the same answers.
    """

    def __init__(self, files: Files, further: tuple[str, ...] = ()) -> None:
        """Keep where to look; nothing was asked yet."""
        super().__init__(files, further)
        self._asked: dict[Question, None] = {}
        self._answers: dict[tuple[str, str, str], str] = {}

    def asked(self) -> tuple[Question, ...]:
        """Return what was asked since this was called last."""
        asked = tuple(self._asked)
        self._asked.clear()
        return asked

    def answered(self, questions: Iterable[Question]) -> Iterator[str]:
        """Yield questions in words, each with what tells its answer now from others."""
        for question in questions:
            # Who asks matters by its directory only.
            key = question.method, question.name, os.path.dirname(question.importing)
            answer = self._answers.get(key)
            if answer is None:
                answer = self._answers[key] = self._answer(question)
            yield f"{question!r} {answer}"

    def _answer(self, question: Question) -> str:
        match question.method:
            case "find":
                found = super().find(question.name, question.importing)
                return "" if found is None else f"{found.rest!r} {_digest(found.module.text)}"
            case "text":
                text = super().text(question.name, question.importing)
                return "" if text is None else _digest(text)
            case _:
                names = super().names(question.name, question.importing)
                return "" if names is None else _digest("\0".join(sorted(names)))

    def find(self, name: str, importing: str) -> Found | None:
        """Return what an importer does."""
        if not is_foreign(name):
            self._asked[Question("find", name, importing)] = None
        return super().find(name, importing)

    def text(self, path: str, importing: str) -> str | None:
        """Return what an importer does."""
        self._asked[Question("text", path, importing)] = None
        return super().text(path, importing)

    def names(self, directory: str, importing: str) -> frozenset[str] | None:
        """Return what an importer does."""
        self._asked[Question("names", directory, importing)] = None
        return super().names(directory, importing)


def _digest(text: str) -> str:
    return sha256(text.encode("utf-8", "surrogateescape")).hexdigest()
