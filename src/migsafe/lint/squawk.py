"""squawk's rules and those of migsafe that say the same; what squawk calls its own comments.

The rules are those of squawk 2.70.0; docs/squawk.md says where the two differ.
"""

from collections.abc import Iterable, Mapping

UNREADABLE = "syntax-error"
"""What squawk reports, and nothing else, of a file that it cannot read."""
OPT_IN = frozenset(
    {
        "ban-add-column",
        "ban-add-composite-attribute",
        "ban-add-enum-value",
        "ban-alter-database-options",
        "ban-alter-extension",
        "ban-alter-function-options",
        "ban-alter-generated-expression",
        "ban-alter-policy-condition",
        "ban-alter-policy-roles",
        "ban-alter-role-options",
        "ban-alter-row-level-security",
        "ban-alter-sequence-values",
        "ban-alter-system-options",
        "ban-alter-view-options",
        "ban-create-policy",
        "ban-detach-inheritance",
        "ban-disable-trigger",
        "ban-drop-index",
        "ban-drop-policy",
        "ban-drop-trigger",
        "ban-new-write-restriction",
        "ban-replace-view-function",
        "ban-replica-identity",
        "ban-revoke",
        "ban-set-default",
        "require-table-schema",
    }
)
"""Rules that squawk's default configuration leaves out."""

SAME: Mapping[str, tuple[str, ...]] = {
    "adding-field-with-default": (
        "add-column-domain",
        "add-column-generated",
        "add-column-serial",
        "add-column-volatile-default",
    ),
    "adding-foreign-key-constraint": ("add-column-foreign-key", "add-foreign-key"),
    "adding-not-nullable-field": ("set-not-null",),
    "adding-required-field": ("add-column-not-null",),
    "adding-serial-primary-key-field": (
        "add-column-serial",
        "add-column-unique",
        "add-primary-key",
    ),
    "ban-add-column": ("visible-column",),
    "ban-add-composite-attribute": ("change-composite-type",),
    "ban-add-enum-value": ("enum-value-unknown-to-old-code",),
    "ban-alter-database-options": ("revoke-privilege",),
    "ban-alter-domain-with-add-constraint": ("add-domain-constraint", "restrict-writes"),
    "ban-alter-extension": ("alter-extension",),
    "ban-alter-function-options": ("replace-view-or-function",),
    "ban-alter-generated-expression": ("alter-generated-column",),
    "ban-alter-identity": ("alter-sequence",),
    "ban-alter-policy-condition": ("enable-row-security",),
    "ban-alter-policy-roles": ("enable-row-security",),
    "ban-alter-role-options": ("revoke-privilege",),
    "ban-alter-row-level-security": ("enable-row-security",),
    "ban-alter-sequence-values": ("alter-sequence",),
    "ban-alter-system-options": ("revoke-privilege",),
    "ban-alter-view-options": ("replace-view-or-function",),
    "ban-char-field": ("char-type",),
    "ban-concurrent-index-creation-in-transaction": ("concurrently-in-transaction",),
    "ban-create-domain-with-constraint": (),
    "ban-create-policy": ("enable-row-security",),
    "ban-detach-inheritance": ("detach-inheritance",),
    "ban-disable-trigger": ("disable-trigger",),
    "ban-drop-column": ("change-composite-type", "drop-column", "expand-and-contract-together"),
    "ban-drop-constraint": ("drop-constraint", "drop-uniqueness"),
    "ban-drop-database": ("drop-schema",),
    "ban-drop-default": ("default-dropped-after-add", "drop-default"),
    "ban-drop-domain": ("drop-object",),
    "ban-drop-extension": ("drop-object",),
    "ban-drop-function": ("drop-object",),
    "ban-drop-generated-expression": ("alter-generated-column",),
    "ban-drop-index": ("drop-index", "drop-uniqueness"),
    "ban-drop-not-null": ("drop-not-null",),
    "ban-drop-policy": ("drop-object",),
    "ban-drop-schema": ("drop-schema",),
    "ban-drop-sequence": ("drop-object",),
    "ban-drop-table": ("drop-partition", "drop-table"),
    "ban-drop-trigger": ("drop-object",),
    "ban-drop-type": ("drop-object",),
    "ban-drop-view": ("drop-object",),
    "ban-duplicate-column-assignments": ("invalid-reference",),
    "ban-new-write-restriction": (
        "add-column-not-null",
        "add-domain-constraint",
        "restrict-writes",
        "set-not-null",
    ),
    "ban-replace-view-function": ("replace-view-or-function",),
    "ban-replica-identity": ("change-replication",),
    "ban-revoke": ("revoke-privilege",),
    "ban-set-default": ("change-default", "drop-default"),
    "ban-set-schema": ("set-schema",),
    "ban-truncate-cascade": ("truncate-table",),
    "ban-uncommitted-transaction": ("transaction-nesting",),
    "changing-column-type": (
        "change-collation",
        "change-column-type",
        "change-composite-type",
        "narrow-column-type",
    ),
    "constraint-missing-not-valid": (
        "add-check",
        "add-exclusion-constraint",
        "add-foreign-key",
        "add-primary-key",
        "add-unique-constraint",
        "set-not-null",
        "validate-in-same-transaction",
    ),
    "disallowed-unique-constraint": ("add-column-unique", "add-unique-constraint"),
    "identifier-too-long": ("identifier-too-long",),
    "prefer-bigint-over-int": ("integer-primary-key",),
    "prefer-bigint-over-smallint": ("integer-primary-key",),
    "prefer-identity": ("serial-type",),
    "prefer-repack": ("rewrite-table",),
    "prefer-robust-stmts": ("not-rerunnable",),
    "prefer-text-field": ("varchar-length",),
    "prefer-timestamp-tz": ("timestamp-without-time-zone",),
    "renaming-column": ("change-composite-type", "rename-column"),
    "renaming-object": ("enum-value-unknown-to-old-code", "rename-object"),
    "renaming-table": ("rename-table",),
    "require-concurrent-index-creation": ("create-index",),
    "require-concurrent-index-deletion": ("drop-index",),
    "require-concurrent-partition-detach": ("detach-partition",),
    "require-concurrent-reindex": ("reindex",),
    "require-enum-value-ordering": (),
    "require-lock-timeout": ("missing-lock-timeout",),
    "require-statement-timeout": (),
    "require-table-schema": ("unqualified-name",),
    "require-timeout-settings": ("missing-lock-timeout",),
    "syntax-error": ("unreadable-statement",),
    "transaction-nesting": ("transaction-nesting",),
    "unused-ignore": ("unused-ignore",),
}
"""What migsafe says of the same harm, by squawk's rule; nothing where it does not judge it."""


def named(text: str) -> tuple[str, tuple[str, ...]]:
    """Return the verb of a comment, `ignore` or `ignore-file`, and the rules that it names.

    Args:
        text: What stands in the comment after `squawk-`.
    """
    verb = "ignore-file" if text.startswith("ignore-file") else "ignore"
    names = text.removeprefix(verb).split(",")
    return verb, tuple(name.strip() for name in names if name.strip())


def equivalents(names: Iterable[str]) -> tuple[str, ...]:
    """Return the rules of migsafe that say the same as some of squawk's, each once.

    What cannot be read is none of squawk's rules: neither tool lets a comment hide it.
    """
    judged = (name for name in names if name != UNREADABLE)
    return tuple(dict.fromkeys(ours for name in judged for ours in SAME.get(name, ())))
