"""Printed names inside a sentence: an opening capital goes only where the word is known not to be a name."""

from __future__ import annotations

import re
from collections.abc import Mapping

CAPITALISED = re.compile(r"\W*[A-Z][a-z]")
OURS = """
    active acute additional adherence admission adverse aerobic alcohol all alone analysed anger another
    antidepressant antidepressants antipsychotic antipsychotics anxiety anxious any assigned attention
    augmentation baseline behavioral behavioural blended body booklet both brief burden care carer cause
    change chi child chronic clinical clinically clinician coaching coefficient cognitive collaborative
    combination combined complete completed computerised computerized condition continuation continued
    control counseling counselling craving cumulative death delayed depression depressive deterioration
    diet difference digital disability discharge discontinuation discontinued discontinuing dose dropout
    drug drugs early either enhanced event events exercise exposure family female first follow functional
    functioning group guided harm harms hazard health heavy high higher home hormonal hospital
    hospitalisation hospitalised hospitalization hospitalized improvement incidence individual inhaler
    insomnia intensive intercept
    internet interpersonal job joint leaving life light log longest loss lost low lower maintenance male
    max mean median medication medications men mental mindfulness mixed model mood mortality neither new
    nicotine no none number observed online onset oral other overall overdose pain panic parent participant
    patch patient patients peer penalised person persons pharmacotherapy physical pill pills placebo
    positive predicted primary probability progression proportion psychological psychosocial psychotherapy
    quality rate ratio readmission recovery recurrence recurrent referral regular rehospitalisation
    rehospitalization relapse relapsed relapses relaxation reliable remission residual response restricted
    return risk routine school score scores screened second seizures self seminar serious session sessions
    severe severity sham short side single sleep slope smoking social standard standardised standardized
    stepped stimulant stress structured subdistribution suicidal suicide support supportive survival
    switch switching symptom symptoms systematic talking telephone test therapist therapy time total
    training transplant transplantation treatment triple true untreated usual variance wait waiting
    waitlist weekly weight well wellbeing withdrawal without women work worry
"""
WORDS = frozenset(OURS.split())
"""First words of treatments, measures, events and quantities that are English words and no names."""


def with_arm_labels(text: str, labels: Mapping[str, str]) -> str:
    """Return a message with its arms, written ``arm name``, by their printed names."""
    names = "|".join(re.escape(name) for name in sorted(labels, key=len, reverse=True))
    if not names:
        return text
    return re.sub(rf"\b(arms? )({names})\b", lambda found: found[1] + labels[found[2]], text)


def mid_sentence(label: str) -> str:
    """Return a printed name as it reads inside a sentence: "Usual care" and "Anxiety (PARS)" lose a capital.

    Every other first word stays as it was written, since it may be a name, a code or another language:
    "Trt 0", "PHQ-9", "Sertraline". So does one with another word in capitals and small letters behind it.
    """
    first, *others = label.split() or [""]
    word = re.match(r"[A-Z][a-z]+(?![A-Za-z0-9])", first)
    if word is None or word[0].casefold() not in WORDS or any(CAPITALISED.match(other) for other in others):
        return label
    return label[:1].lower() + label[1:]
