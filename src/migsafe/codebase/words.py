"""Languages that are not followed: SQL in their strings, and words that may be names."""

from collections.abc import Iterator

from migsafe.codebase import diesel, drizzle
from migsafe.codebase.languages import LANGUAGES
from migsafe.codebase.naming import snake
from migsafe.codebase.scanning import HOLE, Piece, pieces
from migsafe.codebase.sql import SqlTexts
from migsafe.model.code import Basis, Use, UseKind, Uses
from migsafe.model.migration import Place
from migsafe.model.origin import Span
from migsafe.model.pattern import pattern
from migsafe.sources.alembic.places import Places

_LONGEST_NAME = 63
_BEFORE = 80
# What stands before a string that names a table or a column.
_TABLE = pattern(
    r"(?:@(?:Table|Entity|Document)|\[Table|Table|table_name|tableName|TableName|\$table|->table"
    r"|\.(?:from|into|table|join|leftJoin|innerJoin)|DB::table|@@map|create_table)"
    r"\s*(?:\(\s*)?(?:name\s*[:=]\s*)?[(=:]?\s*$"
)
_COLUMN = pattern(
    r"(?:@(?:Column|JoinColumn|PrimaryColumn)|\[Column|Column|column_name|columnName|@map"
    r"|ColumnName|foreign_key:|foreignKey|\.(?:where|orWhere|whereIn|orderBy|groupBy|pluck|value"
    r"|select|whereNull|whereNotNull|eq|neq|gt|lt|order|increment|decrement))"
    r"\s*(?:\(\s*(?:\{\s*)?)?(?:name\s*[:=]\s*)?[(=:]?\s*$"
)
_TAG = pattern(r'\b(db|bun|pg|gorm|sql|ch|rel|column):"([^"]*)"')
_GORM_COLUMN = pattern(
    r"(?:^|;)\s*column:(\w+)",
)


def read(path: str, text: str) -> Uses:
    """Return what a file in a language that is not followed names."""
    language = LANGUAGES.get(path.rpartition(".")[2])
    if language is None:
        return Uses(path, (), f"no reader for .{path.rpartition('.')[2]} files")
    reader = _Reader(path, text)
    for piece in pieces(text, language):
        if piece.quoted:
            reader.string(piece)
        else:
            reader.word(piece.text, piece.start)
    if language.slashes and ("able" in text or "num(" in text):
        reader.take(drizzle.uses(path, text))
    if language.hashes and "table!" in text:
        reader.take(diesel.uses(path, text))
    return Uses(path, reader.all())


class _Reader:
    """What was found so far: each word once, SQL wherever it stands."""

    def __init__(self, path: str, text: str) -> None:
        self._path = path
        self._text = text
        self._places = Places(text)
        self._sql = SqlTexts()
        self._words: dict[str, Use] = {}
        self._found: list[Use] = []

    def all(self) -> tuple[Use, ...]:
        """Return everything in the order of the file, the surest at each place."""
        uses: dict[tuple[UseKind, str, Place], Use] = {}
        for use in (*self._words.values(), *self._found):
            known = uses.setdefault((use.kind, use.name, use.place), use)
            if known.basis < use.basis:
                uses[use.kind, use.name, use.place] = use
        return tuple(sorted(uses.values(), key=lambda use: (use.place.line, use.place.column)))

    def take(self, uses: Iterator[Use]) -> None:
        """Note what another reader found."""
        self._found += uses

    def word(self, word: str, start: int) -> None:
        """Note a word as it is written and as SQL would write it."""
        if not 1 < len(word) <= _LONGEST_NAME:
            return
        for name in dict.fromkeys((word, snake(word))):
            if name not in self._words:
                self._words[name] = self._use(
                    UseKind.NAME, name, start, start + len(word), Basis.MENTION, "word"
                )

    def string(self, piece: Piece) -> None:
        """Note what a string names: SQL, or a table or column by its name alone."""
        text = piece.text
        uses = self._sql.read(text, lambda start, end: self._placed(piece, start, end))
        if uses is not None:
            self._found += uses
        elif text.isidentifier() and len(text) <= _LONGEST_NAME:
            self._name(text, piece.start)
        else:
            self._found += self._tags(piece)
            shown = text.replace(HOLE, " " * len(HOLE)) if len(text) <= _SHORT else ""
            for word in _NAMES.finditer(shown):
                self.word(word.group(), piece.offset(word.start()))

    def _name(self, name: str, start: int) -> None:
        before = self._text[max(0, start - _BEFORE) : start - 1]
        for kind, shape in ((UseKind.TABLE, _TABLE), (UseKind.COLUMN, _COLUMN)):
            if shape.search(before):
                how = f"string that names a {kind}"
                self._found.append(
                    self._use(kind, name, start, start + len(name), Basis.LIKELY, how)
                )
                return
        self.word(name, start)

    def _tags(self, piece: Piece) -> Iterator[Use]:
        """Yield the columns that the tags of a Go struct name."""
        for tag in _TAG.finditer(piece.text):
            name = tag[2].partition(",")[0]
            if tag[1] == "gorm":
                column = _GORM_COLUMN.search(tag[2])
                name = "" if column is None else column[1]
            if name.isidentifier():
                start = piece.offset(tag.start(2))
                how = "tag of a field"
                yield self._use(UseKind.COLUMN, name, start, start + len(name), Basis.LIKELY, how)

    def _placed(self, piece: Piece, start: int, end: int) -> Place:
        first = piece.offset(start)
        return self._places.place(self._path, Span(first, first + end - start))

    def _use(self, kind: UseKind, name: str, start: int, end: int, basis: Basis, how: str) -> Use:
        table = name if kind is UseKind.TABLE else None
        place = self._places.place(self._path, Span(start, end))
        return Use(kind, name, table, None, place, basis, None, how)


_SHORT = 200
_NAMES = pattern(r"[^\W\d]\w*+")
