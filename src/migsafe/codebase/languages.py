"""How languages write comments and strings, as far as names must be told from them."""

from migsafe.model.record import record


@record
class Language:
    """A family of languages.

    `line` begins a comment to the end of the line, `nested` says that `/* */` nest. `quotes` hold
    strings; `broken` strings may go over several lines. `character` marks a quote that holds
    one character (`'a'`), and `template` one whose strings hold code in `${}`. `long` are
    openings of long strings, each ended by itself. `raw` says which raw strings there are,
    `heredoc` whether there are texts up to a word of their own, `slashes` whether `/…/` is a
    pattern.
    """

    line: tuple[str, ...] = ("//",)
    block: bool = True
    quotes: str = "\"'"
    broken: bool = False
    character: str = ""
    template: str = ""
    plain: str = ""
    long: tuple[str, ...] = ()
    hashes: bool = False
    verbatim: bool = False
    heredoc: bool = False
    slashes: bool = False


_SCRIPT = Language(template="`", slashes=True)
_JVM = Language(long=('"""',))
_RUBY = Language(line=("#",), block=False, broken=True, heredoc=True)
LANGUAGES = {
    "go": Language(plain="`"),
    **dict.fromkeys(
        ("ts", "tsx", "mts", "cts", "js", "jsx", "mjs", "cjs", "vue", "svelte"), _SCRIPT
    ),
    **dict.fromkeys(("java", "kt", "kts", "scala", "groovy", "swift", "dart"), _JVM),
    "cs": Language(long=('"""',), verbatim=True),
    "rs": Language(quotes='"', broken=True, character="'", hashes=True),
    "php": Language(line=("//", "#"), broken=True, heredoc=True),
    **dict.fromkeys(("rb", "rake", "erb"), _RUBY),
    **dict.fromkeys(("ex", "exs"), Language(line=("#",), block=False, broken=True, long=('"""',))),
}
"""By the suffix of a file."""
