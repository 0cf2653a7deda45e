"""Changes that hold a schema change and the code that needs it: one deploy too few."""

from collections.abc import Iterator

from migsafe.catalog.bearing import is_borne
from migsafe.codebase import change
from migsafe.codebase.touched import How, Touched, touched
from migsafe.context import Applied, Context, Deploy, some
from migsafe.model.code import Basis, CodeChange, Use, UseKind
from migsafe.model.findings import Confidence, Finding, Hazard
from migsafe.model.record import record, replace

_BREAKS = (Hazard.BREAKS_OLD_CODE,)


@record
class _Pair:
    """A schema change and the place in code that goes with it; `gone` is a place of old code."""

    applied: Applied
    thing: Touched
    use: Use
    gone: bool


def check_code(deploy: Deploy, context: Context) -> Iterator[Finding]:
    """Report what a deploy changes for the code that the same change set changes with it."""
    if deploy.code is None:
        return
    added: list[_Pair] = []
    said: set[Touched] = set()
    for applied in deploy.up:
        for thing in touched(applied.operation):
            pair = _pair(applied, thing, deploy.code, context.at(applied))
            if pair is None or thing in said:
                continue
            said.add(thing)
            if thing.how is How.ADDED and not _is_required(thing, deploy):
                added.append(pair)
            else:
                yield _finding(pair, context.at(applied))
    if added:
        yield _additions(added, context)
    yield from _unread(deploy, deploy.code, context)


def _is_required(thing: Touched, deploy: Deploy) -> bool:
    """Say whether every row has to name a new column in the end: old code does not."""
    if thing.kind is not UseKind.COLUMN or thing.owner is None:
        return False
    column = deploy.after.column(thing.owner, thing.name)
    return column is not None and column.nullable is False and not column.fills_itself


def _pair(applied: Applied, thing: Touched, code: CodeChange, context: Context) -> _Pair | None:
    if thing.how is How.ADDED:
        if thing.owner is not None and not context.is_live(thing.owner):
            # Its table is new, which is what is said.
            return None
        use = change.started(code, thing)
        if use is None or (use.basis is Basis.MENTION and not _is_there_to_name(thing)):
            return None
        return (
            None if is_borne(thing, context.ship.before) else _Pair(applied, thing, use, gone=False)
        )
    if not _is_known_to_old_code(thing, context):
        return None
    if thing.how is How.RESTRICTED:
        use = change.began_to_write(code, thing)
        if use is None or not use.writes or use.basis is Basis.MENTION:
            use = change.remapped(code, thing)
        if use is None:
            return None
        return _Pair(applied, thing, use, gone=False)
    if is_borne(thing, context.ship.after):
        # What has the name now answers old code: a view for a table, or its own successor.
        return None
    stopped = change.stopped(code, thing)
    if stopped is not None:
        return _Pair(applied, thing, stopped, gone=True)
    started = None if thing.new is None else change.started(code, replace(thing, name=thing.new))
    return None if started is None else _Pair(applied, thing, started, gone=False)


def _unread(deploy: Deploy, code: CodeChange, context: Context) -> Iterator[Finding]:
    """Report changed code that nobody could read, where the schema changes for code."""
    found = [
        (applied, thing)
        for applied in deploy.up
        for thing in touched(applied.operation)
        if thing.how is How.ADDED or _is_known_to_old_code(thing, context.at(applied))
    ]
    if not found or not code.unread:
        return
    grave = [
        applied
        for applied, thing in found
        if thing.how is not How.ADDED or _is_required(thing, deploy) or context.code_ships_first
    ]
    first = grave[0] if grave else found[0][0]
    reasons = some([f"{each.path} ({each.unread})" for each in code.unread])
    yield context.at(first).finding(
        f"Whether code of the same change set needs what this deploy changes is not known: "
        f"{reasons} could not be read.",
        help="Look there for what the migration names, or ship the files apart from it.",
        # Of an addition the worst that could be said is a note.
        case="unread" if grave else "added",
        relations=(),
        confidence=Confidence.LOW,
    )


def _is_there_to_name(thing: Touched) -> bool:
    return "_" in thing.name


def _is_known_to_old_code(thing: Touched, context: Context) -> bool:
    """Say whether code that runs may name an object: the deploy did not make it."""
    if thing.kind is UseKind.COLUMN and thing.owner is not None:
        return context.is_live(thing.owner) and not context.is_new_column(thing.owner, thing.name)
    return context.is_live(thing.owner or thing.full_name)


# --- what is said ----------------------------------------------------------------------


def _finding(pair: _Pair, context: Context) -> Finding:
    thing, use = pair.thing, pair.use
    sure = use.basis is Basis.EXACT
    return context.finding(
        f"One change set {_what(thing)} and {_code(pair)}: {_harm(thing, context)}.",
        help=_way_out(thing, context),
        case="default" if sure else "word",
        relations=(thing.owner or thing.full_name,),
        hazards=_BREAKS,
        confidence=Confidence.HIGH if sure else Confidence.LOW,
    )


def _what(thing: Touched) -> str:
    match thing.how:
        case How.RENAMED if thing.new == thing.name:
            return f"moves {thing} to another schema"
        case How.RENAMED:
            return f"renames {thing} to {thing.new}"
        case How.RESTRICTED:
            return f"restricts what {thing} may hold"
        case How.ADDED:
            return f"adds {thing}, NOT NULL and without a default in the end,"
        case _:
            return f"drops {thing}"


def _code(pair: _Pair) -> str:
    place = _place(pair.use)
    if pair.gone:
        return f"takes it out of the code ({place} before it)"
    if pair.thing.how is How.RESTRICTED:
        does = "maps it in other words" if pair.use.mapping is not None else "writes it"
        return f"brings the code that {does} ({place})"
    if pair.thing.how is How.ADDED:
        return f"brings the code that names it ({place})"
    return f"brings code that says {pair.thing.new} ({place})"


def _place(use: Use) -> str:
    return f"{use.place.path}:{use.place.line}"


def _harm(thing: Touched, context: Context) -> str:
    if thing.how is How.RESTRICTED:
        return f"{context.old_code}, which lacks that code, may be refused {context.until_gone}"
    if thing.how is How.ADDED and thing.owner is not None:
        return context.insert_without(thing.owner, thing.name)
    new = (
        context.new_code(f"says {thing.new}", "fails")
        if thing.new not in {None, thing.name}
        else ""
    )
    return (
        f"the statements of {context.old_code}, which still names {thing.name}, fail "
        f"{context.until_gone}{new}"
    )


def _way_out(thing: Touched, context: Context) -> str:
    match thing.how:
        case How.ADDED:
            return (
                f"Deploy 1: add {thing.name} without NOT NULL, or with a default that stays. "
                f"Deploy 2: the code. Deploy 3: the restriction, {context.none_older}."
            )
        case How.RESTRICTED:
            return (
                "Deploy 1: the code. Deploy 2, in another change set: this migration, "
                f"{context.none_older}."
            )
        case How.RENAMED if thing.kind is UseKind.LABEL:
            return (
                f"Deploy 1: add the label {thing.new} beside {thing.name}, and code that reads "
                f"both. Deploy 2: code that writes {thing.new}, and the rows. The old label stays."
            )
        case How.RENAMED if thing.new == thing.name:
            return (
                "Leave it where it is; or make another one in the new schema first, switch the "
                f"code, and drop the old one in a later deploy, {context.brought_back}."
            )
        case How.RENAMED:
            holds_data = thing.kind in {UseKind.TABLE, UseKind.COLUMN}
            equal = " and keep both equal" if holds_data else ""
            return (
                f"Deploy 1: add {thing.new} beside {thing.name}{equal}. Deploy 2: the "
                f"code. Deploy 3: drop {thing.name}, {context.brought_back}."
            )
        case _:
            return (
                "Deploy 1: the code, without the migration. Deploy 2, in another change set: the "
                f"migration, {context.brought_back}."
            )


def _additions(pairs: list[_Pair], context: Context) -> Finding:
    """Return the one finding about all that is added with the code that uses it."""
    first = max(pairs, key=lambda pair: pair.use.basis)
    pairs = [first, *(pair for pair in pairs if pair is not first)]
    shown = some([f"{each.thing} ({_place(each.use)})" for each in pairs])
    code_first = context.code_ships_first
    meets = (
        "the new code runs before the migration and fails until it is through"
        if code_first
        else "code that starts before the migration is through fails, and the two cannot be "
        "released or taken back apart"
    )
    return context.at(first.applied).finding(
        f"One change set adds {shown}, and the code that names {_them(pairs)}: {meets}.",
        help="Deploy 1: the migration; running code does not see it. Deploy 2: the code; a "
        "rollback of it leaves the schema as it is.",
        case="code-first" if code_first else "added",
        relations=tuple(dict.fromkeys(each.thing.owner or each.thing.full_name for each in pairs)),
        hazards=_BREAKS if code_first else (Hazard.FAILS_AT_RUNTIME,),
        confidence=Confidence.HIGH if first.use.basis is Basis.EXACT else Confidence.LOW,
    )


def _them(pairs: list[_Pair]) -> str:
    return "it" if len(pairs) == 1 else "them"
