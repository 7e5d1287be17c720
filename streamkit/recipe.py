"""The default pipeline, readable in one place."""

from collections.abc import Callable, Collection, Iterable
from typing import Any

from streamkit.checks import check_options, check_stage
from streamkit.dialects.base import DecoderOptions, Dialect
from streamkit.dialects.recogniser import Recogniser
from streamkit.dialects.table import all_dialects, dialect_named
from streamkit.framing.sniff import AnyFramer
from streamkit.limits import DEFAULT_LIMITS, Limits
from streamkit.pipeline import Pipeline
from streamkit.profile import DEFAULT_PROFILE, Profile
from streamkit.stages.assembler import Assembler
from streamkit.stages.call_fragments import CallFragments
from streamkit.stages.leaked_markup import LeakedMarkup
from streamkit.stages.ledger import Ledger
from streamkit.stages.sequencer import Sequencer
from streamkit.stages.strict import Strict
from streamkit.stages.think_tags import ThinkTags
from streamkit.stages.tool_calls import ToolCalls
from streamkit.stages.watchdog import Watchdog
from streamkit.stages.whole_characters import WholeCharacters

__all__ = ["standard"]

AUTO = "auto"


def standard(
    dialect: str | Dialect | None = None,
    *stages: Any,
    limits: Limits = DEFAULT_LIMITS,
    watchdog: Watchdog | None = None,
    strict: Strict | bool = False,
    charset: str | None = None,
    tools: Collection[str] | None = None,
    profile: Profile = DEFAULT_PROFILE,
) -> Pipeline[Any, Any]:
    """The pipeline that every face uses: bytes (or frames) in, events out, the response in its last stage.

    Args:
        dialect: a name, a `Dialect`, or None (or `"auto"`) to recognise it from the first frames.
        stages: your own stages, push or async; they see a stream with a guaranteed grammar, and what they change is
            what is assembled.
        limits: every bound.
        watchdog: None for none.
        strict: True, or a `Strict` stage, to refuse tolerances.
        charset: what the response's content type names, if not UTF-8 (J14, J18).
        tools: names of the tools that were offered, so that a spoiled name can be told from a strange one (D36, D39).
        profile: what is known of this endpoint that its bytes do not tell.

    Raises:
        UnknownDialect: no dialect has that name.
        UsageError: an option is none of what it may be, or a stage is none.
    """
    check_options(dialect, limits, watchdog, strict, tools, profile)
    for stage in stages:
        check_stage(stage)
    known = dialect_named(dialect) if isinstance(dialect, str) and dialect != AUTO else dialect
    expected = known if isinstance(known, Dialect) else None
    sequencer = Sequencer(limits=limits)
    markup = LeakedMarkup(recover=profile.recover_calls, tools=tools, limits=limits)
    think_tags = ThinkTags(
        profile.think_names,
        brackets=profile.think_brackets,
        starts_in_think=profile.starts_in_think,
        limits=limits,
        markup=markup,
    )
    ledger = Ledger(limits=limits)
    decoder = Recogniser(
        expected, all_dialects, DecoderOptions(limits=limits), _adjuster(sequencer, think_tags, ledger)
    )
    framer = AnyFramer(expected.framing if expected else None, limits, charset=charset)
    refusing = strict.renewed() if isinstance(strict, Strict) else Strict() if strict else None
    return Pipeline(
        framer,
        decoder,
        WholeCharacters(),
        *profile.behind_decoder(),
        *_given(watchdog.renewed() if watchdog is not None else None),
        sequencer,
        think_tags,
        markup,
        CallFragments(limits=limits),
        ledger,
        ToolCalls(limits=limits, tools=tools),
        *profile.behind_calls(),
        *_given(refusing),
        *stages,
        Assembler(),
    )


def _given(stage: Any) -> Iterable[Any]:
    return (stage,) if stage else ()


def _adjuster(sequencer: Sequencer, think_tags: ThinkTags, ledger: Ledger) -> Callable[[Dialect], None]:
    """What to set once the dialect is known: stages that it has no use for are passed by."""

    def adjust(dialect: Dialect) -> None:
        sequencer.handles = Sequencer.handles if dialect.sequenced else ()
        think_tags.handles = ThinkTags.handles if dialect.think_tags else ()
        ledger.dialect = dialect.name
        ledger.announces = dialect.announces_items
        ledger.closes = dialect.closes_items
        ledger.wants_finish = dialect.wants_finish
        ledger.expects_marker = bool(dialect.ends) and not dialect.announces_items

    return adjust
