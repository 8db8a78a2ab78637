"""The words that names of columns and labels of arms are recognised by."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection

CONTROL = re.compile(
    r"placebo|plac|pbo|control|contr?|ctrl|ctl|wait(ing|list)?|wlc?|tau|usual|none|neither|untreated|obs|"
    r"no treatment|sham|observation|warte(liste|gruppe)?|kontroll?(e|gruppe)?|ue?bliche|controle|temoin|"
    r"attente|habituel(le)?"
)
MEDICATION = re.compile(
    r"medi[ck]ations?|medi[ck]ament(e|en|s|eu[sx]e?)?|meds?|drugs?|pharma[ck]o(therap(y|ie)|logical)?|pills?|antidepressants?|ssri|snri|tca|sertraline|fluoxetine|"
    r"paroxetine|citalopram|escitalopram|venlafaxine|duloxetine|imipramine|amitriptyline|nortriptyline|desipramine|"
    r"bupropion|mirtazapine|lithium|quetiapine|olanzapine|risperidone|aripiprazole|haloperidol|clozapine|"
    r"lamotrigine|nefazodone|clomipramine|fluvoxamine|ketamine|esketamine"
)
THERAPY = re.compile(
    r"therap(y|ie)|cbtp?|[ic]cbt|kvt|act|dbt|ipt|erp|cpt|pe|mbct|cbasp|emdr|psycho(?!pharm|sis|ses|tic|path|gen)\w*|tcc|verhaltenstherapie|"
    r"counsell?ing|exposure|mindfulness|behaviou?ral|cognitive|interpersonal|activation"
)
COMBINED = re.compile(r"[ck]omb(ined|ination|iniert|o|i)?|both|cmb")
JOINED = re.compile(r"\+|&|\bplus\b|\band\b|\bwith\b|\bund\b|\bmit\b|\bet\b|\bavec\b|/")
TIGHTLY_JOINED = re.compile(r"(?<=[a-z])[._-](?=[a-z])")
"""Joins words as in ``cbt.ssri``, but also stands within one, as in ``wait-list``."""
WITHOUT = re.compile(
    r"\b(?:no|without|w/o|ohne|sans)\s+\w[\w ]*?"
    r"(?=\s+(?:plus|and|with|but|und|mit|et|avec)\b|\s*(?:[^\w\s]|$))"
)
YES = ("yes", "y", "1", "true", "given", "treated", "active", "checked", "ja", "oui")
NO = ("no", "n", "0", "false", "not given", "untreated", "unchecked", "nein", "non")

ARM_NAME = re.compile(
    r"(trt0?1?[ap]|trt[ap]?|arm|actarm|armcd|group|grp|treat(ment)?(group|arm)?|tx|rx|study(arm|group)|condition|cond|"
    r"intervention|alloc(ation|ated)?|random(i[sz](ed|ation))?(group|arm|to)?|drug|medication|therapy|"
    r"treated|regimen|[a-z]*arm|[a-z]*group|trtgrp|[a-z]*gruppe|behandlung|(psycho)?therapie|medikation)n?"
)
ID_NAME = re.compile(
    r"u?subj(ect)?(id|no|nr|num|number|code)?|usubjid|id|pid|(patient|participant|person|record|case|pat|pt|part|"
    r"client|resp(ondent)?|study|screening)(id|no|nr|num|number|code)|patient|subject|participant|person|nr|rownames|"
    r"[a-z]*patient[a-z]*id|[a-z]*participant[a-z]*id"
)
VISIT_NAME = re.compile(
    r"a?visitn?(num|no|name|code)?|weeks?(no|num)?|wk|months?(no|num)?|days?(no|num)?|time(point)?|wave|occasion|"
    r"session|period|assessment|redcapeventname|eventname|timept|phase|visitweek|studyday|ady|"
    r"visite|(mess)?zeitpunkt|wochen?|monate?|tage?|jahre?"
)
TIME_NAME = re.compile(
    r"t|time|times|days?|weeks?|wks?|months?|years?|tte|ttr|ttd|dur(ation)?|futime|stime|surv(ival)?(time)?|os|pfs|"
    r"dfs|followup(time|days)?|fu|obstime|daysto[a-z]*|timeto[a-z]*|(days|weeks|months|years|time)(to)?[a-z]*|"
    r"[a-z]*(time|days|weeks|months)|lenfol"
)
STATUS_NAME = re.compile(
    r"status|event|cens(or(ed|ing)?)?|cnsr|[a-z]*(status|event|cens(or(ed|ing)?)?)|(cens|event|status)[a-z]+|"
    r"relapse[d]?|recur(red|rence)?|death|dead|died|fail(ure|ed)?|delta|e|d|c|[a-z]{1,2}stat|outcome|observed|dropout|arrest|"
    r"drop(ped)?out|withdr[a-z]*|discont[a-z]*|remission|hospital[a-z]*|ruckfall|rezidiv|abbruch"
)
CENSOR_NAME = re.compile(r"c|cens|cnsr")
EVENT_WORD = re.compile(
    r"(event|yes|y|true|t|relapse[d]?|recur(red|rence)?|dead|died|death|deceased|failed|failure|dropped out|"
    r"dropout|remission|remitted|relapse occurred|ja)"
)
DEATH_WORD = re.compile(r"dead|died|death|deceased|tod|verstorben|gestorben|dece(s|de)|mort")
"""What rules another event out; alone it is the event."""
CENSORED_WORD = re.compile(
    r"(no event|no|n|false|f|cens(ored)?|alive|complete[d]?|no relapse|none|lost( to follow[- ]?up)?|ongoing|"
    r"end of (study|follow[- ]?up)|withdr[a-z]*|event[- ]free|relapse[- ]free|well|nein)"
)
ZERO_DATES = tuple(
    re.compile(words)
    for words in (
        "rand", "base|start|trtsdt|first|begin", "entry|enrol|incl|einschluss|aufnahme", "index|zero", "diag"
    )
)  # fmt: skip
"""Dates that time may count from, the likeliest first."""
END_DATE = re.compile(
    r"end|last|event|death|relapse|recur|follow|exit|final|stop|adt|contact|kontakt|ruckfall|rezidiv|austritt"
)
UNITS = {"d": "day", "w": "week", "m": "month", "y": "year", "t": "day", "j": "year"}
"""By the first letter; t and j are German."""


ABBREVIATIONS = {
    word.casefold(): word
    for word in (
        "SSRI", "SNRI", "TCA", "MAOI", "CBT", "CBTp", "iCBT", "IPT", "ACT", "DBT", "ERP", "EMDR", "TAU",
        "MBCT", "CBASP", "PE", "CPT", "ECT", "rTMS", "TMS", "KVT",
    )
}  # fmt: skip
"""Abbreviations of treatments as they are printed."""


def capitalised(label: str) -> str:
    """Label of a treatment, written in small letters, as printed: ``ssri + cbt`` to ``SSRI + CBT``."""
    if not label.islower():
        return label
    words = re.sub(r"[a-z]+", lambda word: ABBREVIATIONS.get(word[0], word[0]), label)
    known = re.match(r"[a-z]+", label)
    return words if known and known[0] in ABBREVIATIONS else words[:1].upper() + words[1:]


def slug(text: str, otherwise: str) -> str:
    """Name of lower case letters, digits and underscores made of any text."""
    text = re.sub(r"(?<=[a-z])(?=[A-Z][a-z])", "_", text)
    name = re.sub(r"[^a-z0-9]+", "_", _plain(text)).strip("_")[:40].strip("_")
    if not name or name.isdigit():
        name = f"{otherwise}_{name}".strip("_")
    elif not name[0].isalpha():
        name = f"{otherwise}_{name}"
    return name if len(name) > 1 else f"{otherwise}_{name}"


def unused(name: str, taken: Collection[str]) -> str:
    """Return `name`, numbered if it is taken."""
    numbered = (f"{name}_{number}" for number in range(2, len(taken) + 3))
    return name if name not in taken else next(new for new in numbered if new not in taken)


def unaccented(text: str) -> str:
    """Text in lower case, its letters without accents: the words here are written so."""
    parts = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in parts if not unicodedata.combining(letter))


def squeezed(name: str) -> str:
    """Column name in lower case, letters without accents and digits only."""
    return re.sub(r"[^a-z0-9]", "", _plain(name))


def _plain(text: str) -> str:
    return unaccented(text).encode("ascii", "ignore").decode("ascii")


def readable(name: str) -> str:
    """Column name as words: ``yearsSmoking`` to ``Years smoking``; capitals stay where the user put them."""
    words = re.sub(r"(?<=[a-z])[A-Z](?=[a-z])", lambda letter: f" {letter[0].lower()}", name)
    words = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", words)
    words = re.sub(r"[_.\s]+", " ", words).strip()
    return (words[:1].upper() + words[1:])[:120]


def treatment_label(name: str) -> str:
    """Name of a column of a treatment as words, known abbreviations in capitals."""
    label = readable(name)
    return capitalised(label.casefold()) if name.islower() else label
