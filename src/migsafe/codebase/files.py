"""Which files of a repository are application code."""

from migsafe.model.pattern import pattern

_OURS = frozenset(
    (
        *("py", "pyi", "sql", "go", "ts", "tsx", "mts", "cts", "js", "jsx", "mjs", "cjs", "vue"),
        *("svelte", "java", "kt", "kts", "scala", "groovy", "rb", "erb", "rake", "php", "cs", "fs"),
        *("rs", "ex", "exs", "prisma", "graphql", "gql", "swift", "dart", "clj", "lua", "pl"),
    )
)
_TESTS = frozenset({"test", "tests", "testing", "__tests__", "spec", "specs", "e2e", "cypress"})
_NOT_RUN = _TESTS | {
    *("fixtures", "__fixtures__", "__mocks__", "testdata", "factories", "benchmarks", "examples"),
    *("migrations", "migration", "migrate", "node_modules", "vendor", "third_party", "vendored"),
    *("site-packages", "dist", "build", "target", ".venv", "venv", "docs", "doc", "generated"),
    *("__generated__", ".git", ".github", "locale", "locales", "alembic", "storybook"),
}
_NAMES = pattern(
    r"(?:test_.*|.*_test|.*[._-](?:test|tests|spec|stories|min|d|pb|gen|generated)|conftest"
    r"|.*Tests?|.*Spec|.*_pb2(?:_grpc)?|setup|.*\.config)$"
)


def is_application_code(path: str) -> bool:
    """Say whether the file of a path, relative to its repository, is code that a release runs.

    Tests are not. They ship in the same change as what they test and run on a database that is
    made for them, so that no deploy breaks them; and they name columns of every version, dropped
    ones among them. Nor is what others wrote or a tool generates, nor are documents, nor the
    migrations themselves, which the caller knows better.
    """
    *folders, name = path.split("/")
    stem, _, suffix = name.rpartition(".")
    return (
        suffix in _OURS
        and not _NAMES.match(stem)
        and _NOT_RUN.isdisjoint(folder.lower() for folder in folders)
    )
