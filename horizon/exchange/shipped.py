"""What the room ships to pair listings: the lexicon, the purposes of its concepts as vectors, the rules that were learned."""

from __future__ import annotations

from hashlib import blake2b
from pathlib import Path

from horizon.engine.pairing.judging import Judge, judge_of
from horizon.engine.pairing.lexicon import Lexicon, lexicon_of
from horizon.engine.pairing.meaning import sentence_encoder

HERE = Path(__file__).parent
LEXICON, PURPOSES, RULES = HERE / "lexicon.csv", HERE / "purposes.npz", HERE / "rules.json"


def read_lexicon() -> Lexicon:
    """The lexicon, read from its file."""
    return lexicon_of(LEXICON.read_text(encoding="utf-8").splitlines())


def read_judge(lexicon: Lexicon) -> Judge:
    """The judge of a lexicon. Raises ImportError, OSError or MemoryError where the encoder cannot be loaded."""
    return judge_of(lexicon, PURPOSES.read_bytes(), RULES.read_text(encoding="utf-8"), sentence_encoder())


def lexicon_version() -> str:
    """A digest that changes with the lexicon."""
    return blake2b(LEXICON.read_bytes(), digest_size=8).hexdigest()
