"""Which colour goes with which word. The word is always shown: colour repeats it, never replaces it."""

GOOD, BUSY, CAREFUL, BAD, QUIET, NEUTRAL = "good", "busy", "careful", "bad", "quiet", "neutral"

_tones: dict[str, str] = {}


def colour(**words: str) -> None:
    """Add an app's status words: `console.colour(CHARGED_BACK="bad")`. Tones: good busy careful bad quiet neutral."""
    _tones.update(words)


def tone_of(word: str) -> str:
    return _tones.get(str(word).upper().replace(" ", "_"), NEUTRAL)


for _tone, _words in {
    GOOD: "COMPLETED SUCCEEDED SUCCESS APPROVE APPROVED RELEASED MATCHED ACTIVE OPEN OK HEALTHY SETTLED CLEAR",
    BUSY: "PROCESSING PENDING CREATED FUNDED QUEUED IN_FLIGHT RUNNING CLAIMED AUTHORISED AUTHORIZED CAPTURED SHADOW",
    CAREFUL: "REVIEW NO_ADVICE LOCKED DISPUTED HELD PARTIAL PAUSED LATE EXTRA MISSING SUSPENDED DEGRADED",
    BAD: "FAILED FAILURE BLOCK BLOCKED DECLINE DECLINED DIFFERENT PARKED INVESTIGATE REFUSED CLOSED DOWN BROKEN",
    QUIET: "CANCELLED REFUNDED VOIDED EXPIRED ARCHIVED DRAFT REVERSED INACTIVE SUPERSEDED",
}.items():
    colour(**dict.fromkeys(_words.split(), _tone))
