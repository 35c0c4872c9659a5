"""What the room ships to pair listings: the lexicon, the purposes of its concepts as vectors, the rules that were learned."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from functools import lru_cache
from hashlib import blake2b
from pathlib import Path

from django.db import transaction

from horizon.engine.pairing.judging import Judge, judge_of
from horizon.engine.pairing.lexicon import Lexicon, lexicon_of
from horizon.engine.pairing.meaning import sentence_encoder
from horizon.engine.pairing.scoring import Corpus, Pairing, Side

HERE = Path(__file__).parent
LEXICON, PURPOSES, RULES = HERE / "lexicon.csv", HERE / "purposes.npz", HERE / "rules.json"
# Of what is kept of a listing, the end of its version: vectors last as long as the encoder, whatever becomes of the lexicon.
ENCODED = ".use3"
_ONE_LEXICON, _ONE_JUDGE = threading.Lock(), threading.Lock()
log = logging.getLogger(__name__)


def read_lexicon() -> Lexicon:
    """The lexicon, read from its file."""
    return lexicon_of(LEXICON.read_text(encoding="utf-8").splitlines())


def read_judge(lexicon: Lexicon) -> Judge:
    """The judge of a lexicon. Raises ImportError, OSError or MemoryError where the encoder cannot be loaded."""
    encode = sentence_encoder()
    encode(["bonjour"])  # its weights are read at the first text only
    return judge_of(lexicon, PURPOSES.read_bytes(), RULES.read_text(encoding="utf-8"), encode)


def lexicon_version() -> str:
    """A digest that changes with the lexicon."""
    return blake2b(LEXICON.read_bytes(), digest_size=8).hexdigest()


def lexicon() -> Lexicon:
    """The lexicon of this process, read once however many ask at the same time."""
    with _ONE_LEXICON:
        return _lexicon()


@lru_cache(maxsize=1)
def _lexicon() -> Lexicon:
    return read_lexicon()


def judge() -> Judge | None:
    """The judge of this process, made once however many ask at the same time.

    None where the encoder cannot be loaded: the hand-written rule then pairs alone.
    """
    with _ONE_JUDGE:
        return _judge()


@lru_cache(maxsize=1)
def _judge() -> Judge | None:
    try:
        return read_judge(lexicon())
    except (ImportError, OSError, MemoryError):
        log.exception("no sentence encoder: offers are paired by words alone")
    except (KeyError, ValueError, TypeError):
        log.warning("rules or purposes that cannot be read: offers are paired by words alone", exc_info=True)
    return None


@lru_cache(maxsize=1)
def version() -> str:
    """Changes with the lexicon and the encoder: what was indexed by another version is read again."""
    return lexicon_version()[:11] + ENCODED


@contextmanager
def with_lexicon() -> Iterator[None]:
    """A transaction that reads texts with the lexicon: loaded before, not while SQLite's only writer is held."""
    lexicon()
    with transaction.atomic():
        yield


def warm() -> threading.Thread:
    """Loads in the background what the first page that pairs would wait for: three seconds of processor, 200 MB."""
    thread = threading.Thread(target=_pair_once, name="warm pairing", daemon=True)
    thread.start()
    return thread


def _pair_once() -> None:
    """An ask and an offer of no one: all that is built at the first pairing is built."""
    try:
        ask, offer = (
            Side("ask", "Un barnum", "Pour la fête."),
            Side("offer", "Deux barnums", "Avec leurs poids."),
        )
        Pairing(lexicon(), Corpus({}, 0), date.min, judge()).best(ask, [offer])
    except Exception:
        log.exception("nothing was paired before the first page: it will wait")
