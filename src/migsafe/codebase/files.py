"""Which files of a repository are application code."""

from migsafe.codebase.languages import LANGUAGES
from migsafe.model.pattern import pattern

_OURS = frozenset({"py", "pyi", "sql", "prisma", *LANGUAGES})
_TESTS = frozenset({"test", "tests", "testing", "__tests__", "spec", "specs", "e2e", "cypress"})
_NOT_RUN = _TESTS | {
    *("fixtures", "__fixtures__", "__mocks__", "testdata", "factories", "benchmarks", "examples"),
    *("node_modules", "vendor", "_vendor", "third_party", "vendored"),
    *("site-packages", "dist", "build", "target", ".venv", "venv", "docs", "doc", "generated"),
    *("__generated__", ".git", ".github", "locale", "locales", "alembic", "storybook"),
}
_MIGRATIONS = pattern(r"(?:.*[_-])?(?:migrations?|migrate)$")
_NAMES = pattern(
    r"(?:test_.*\.py|conftest\.py|setup\.py|.*[._-](?:tests?|spec|stories)\.\w+"
    r"|.*Tests?\.(?:java|kt|cs|php|scala|groovy)|.*Spec\.(?:kt|scala|groovy)"
    r"|.*(?:\.min|[._-]gen|[._-]generated|\.pb|_pb2|_pb2_grpc|\.d|\.config|\.sql)\.\w+|schema\.rb)$"
)


def is_application_code(path: str) -> bool:
    """Say whether the file of a path, relative to its repository, is code that a release runs.

    Tests are not. They ship in the same change as what they test and run on a database that is
    made for them, so that no deploy breaks them; and they name columns of every version, dropped
    ones among them. Nor is what others wrote or a tool generates, nor are documents, nor the
    migrations themselves, which the caller knows better.
    """
    *folders, name = path.split("/")
    folders = [folder.lower() for folder in folders]
    return (
        name.rpartition(".")[2] in _OURS
        and not _NAMES.match(name)
        and not any(folder in _NOT_RUN or _MIGRATIONS.match(folder) for folder in folders)
    )
