"""Which codes of a status mean the event, and which that no more is known."""

from __future__ import annotations

import re

from outcomes.scaffold.init.columns import Column
from outcomes.scaffold.init.words import (
    CENSOR_NAME,
    CENSORED_WORD,
    DEATH_WORD,
    EVENT_WORD,
    squeezed,
    unaccented,
)

LEAVING = re.compile(r"drop|withdr|discont|dispos|attrition|leav|left")


def rules_out(words: str) -> bool:
    """Whether a code's words say that the patient died, and so can have no other event."""
    return DEATH_WORD.fullmatch(unaccented(words.strip())) is not None


def read_codes(status: Column, about: str = "") -> tuple[tuple[str, ...], tuple[str, ...], str]:
    """Codes of the event, codes of censoring, and why; no codes where nothing tells them apart."""
    codes = list(status.spoken_levels)
    name = squeezed(status.name)
    words = {code: status.means(code).casefold().strip() for code in codes}
    about_censoring = CENSOR_NAME.fullmatch(name) or "cens" in name
    plain = set(codes) <= {"0", "1"} or set(words.values()) <= {
        "yes",
        "no",
        "y",
        "n",
        "true",
        "false",
        "t",
        "f",
    }
    if plain and about_censoring and not any("cens" in word or "event" in word for word in words.values()):
        return (), (), f"the column is called {status.name}: some write 1 for censored, some for the event"
    if set(codes) == {"0", "1"} and not status.labels:
        return ("1",), ("0",), "1 usually means that it happened"
    event = tuple(c for c in codes if EVENT_WORD.fullmatch(words[c]) or words[c] == name)
    dead = tuple(c for c in codes if rules_out(words[c]))
    other = tuple(c for c in event if c not in dead)
    # who dies before a relapse has had none: one event of both would be another outcome
    event, ruled_out = (other, dead) if other else (event, ())
    censored = tuple(c for c in codes if c in ruled_out or (CENSORED_WORD.match(words[c]) and c not in event))
    done = tuple(c for c in codes if words[c].startswith("complete"))
    if done and LEAVING.search(f"{name} {about}"):
        return tuple(c for c in codes if c not in done), done, "whoever did not complete has left"
    if event and len(event) + len(censored) == len(codes):
        return event, censored, "by the words in it"
    return (), (), "nothing tells the codes apart"
