"""Events, adverse events and exposures of a generated cohort."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from shapes import CODES

if TYPE_CHECKING:
    from cohorts import Generated

TERMS = {"1": "Headache", "02": "Übelkeit", "dry mouth": "Dry mouth", "No": "Insomnia"}
GRADES = ("mild", "3", "sévère", "moderate, then mild")


def add_events(made: Generated) -> None:
    """Times to an event or to censoring, in a file of their own or beside the patients."""
    shape, rng = made.shape, made.rng
    made.config["events"] = found = {}
    for at in range(shape.events):
        name = ("relapse", "dropout")[at]
        sheet = made.sheet(name if shape.events_apart else "people")
        patient_id = sheet.column("subject") if shape.events_apart else made.config["patients"]["id"]
        time, state = sheet.column(f"until{at}", made.time_kind()), sheet.column(f"state{at}")
        event, censored = CODES["digits" if at else "words"][:2], CODES["digits" if at else "words"][2:]
        reasons = [f"reason {code}" if shape.reasons else None for code in event]
        status = {
            "column": state,
            "event": dict(zip(event, reasons, strict=True)) if shape.reasons else list(event),
            "censored": {code: f"ended {code}" for code in censored},
            # a small cohort may look by chance as if event and censoring were turned round
            "confirmed": True,
        }
        found[name] = {
            "label": name, "file": sheet.name, "id": patient_id, "time": made.time(time), "status": status,
            "zero_time": shape.zero_time, "negative_time": shape.negative_time,
        }  # fmt: skip
        made.place["time"], made.place["state"] = (sheet, time), (sheet, state)
        made.place["event id"] = sheet, patient_id
        for patient in made.ids:
            low, high = 1.0, 900.0
            if shape.zero_time != "error" and rng.random() < 0.2:
                low = high = 0.0
            elif shape.negative_time == "exclude" and rng.random() < 0.2:
                low, high = -100.0, -1.0
            text, days = made.at(patient, low, high)
            which = rng.randrange(4)
            cells = {time: text, state: [*event, *censored][which]}
            if shape.events_apart and rng.random() < 0.1:
                continue
            if shape.events_apart:
                sheet.rows.append({patient_id: patient, **cells})
            else:
                made.person[patient].update(cells)
            if days < 0 or (days == 0 and shape.zero_time == "exclude") or not made.is_in(patient):
                continue
            reason = reasons[which] if which < 2 else status["censored"][censored[which - 2]]
            key = (patient, "outcome", name, 0.0)
            made.expected["events"][key] = {
                "end_day": days or 0.5, "observed": which < 2, "reason": reason, "grade": None,
            }  # fmt: skip
        if not sheet.rows and shape.events_apart:  # a file without rows is refused, rightly
            raise AssertionError("every patient was left out by chance")


def add_adverse_events(made: Generated) -> None:
    """Adverse events; a file without rows says that none happened."""
    shape, rng = made.shape, made.rng
    if shape.adverse == "none":
        return
    sheet = made.sheet("harms")
    patient_id, term, grade = sheet.column("who"), sheet.column("term"), sheet.column("grade")
    onset, end = sheet.column("began", made.time_kind()), sheet.column("ended", made.time_kind())
    made.config["adverse_events"] = {
        "file": "harms", "id": patient_id, "term": term, "onset": made.time(onset), "end": made.time(end),
        "grade": grade, "after_follow_up": shape.late, **({"terms": TERMS} if shape.terms else {}),
    }  # fmt: skip
    made.place |= {"harm id": (sheet, patient_id), "term": (sheet, term), "onset": (sheet, onset)}
    made.place |= {"harm end": (sheet, end)}
    last = 2000.0 if shape.late == "keep" else 199.0
    for patient in made.ids if shape.adverse == "some" else []:
        for code in rng.sample(list(TERMS), rng.randint(0, 3)):
            begin, first = made.at(patient, 0, last)
            until, day = made.maybe(*made.at(patient, first + 8, first + 800))
            shown, word = made.maybe(*(2 * (rng.choice(GRADES),)))
            sheet.rows.append({patient_id: patient, term: code, onset: begin, end: until, grade: shown})
            key = (patient, "adverse", TERMS[code] if shape.terms else code, first)
            if made.is_in(patient):
                made.expected["events"][key] = {
                    "end_day": day, "observed": True, "reason": None, "grade": word,
                }  # fmt: skip


def add_exposures(made: Generated) -> None:
    """Spells of the first component: one from baseline on, or several with starts of their own."""
    shape, rng = made.shape, made.rng
    if shape.exposures == "none":
        return
    sheet = made.sheet("pills")
    spells = shape.exposures == "spells"
    spec: dict[str, Any] = {"file": "pills", "id": sheet.column("who")}
    names = {"dose": "mg", "sessions_offered": "offered", "sessions_attended": "attended"}
    names |= {"days_planned": "planned", "days_covered": "covered"}
    spec |= {key: sheet.column(base, "number") for key, base in names.items()} | {
        "agent": sheet.column("drug")
    }
    start, end = sheet.column("from", made.time_kind()), sheet.column("to", made.time_kind())
    spec |= {"end": made.time(end)} | ({"start": made.time(start)} if spells else {})
    component = next(iter(made.config["components"]))
    made.config["exposures"] = {component: spec}
    made.place |= {"attended": (sheet, spec["sessions_attended"]), "dose": (sheet, spec["dose"])}
    made.place |= {"offered": (sheet, spec["sessions_offered"]), "spell end": (sheet, end)}
    made.place |= {"pills id": (sheet, spec["id"])}
    if spells:
        made.place["spell start"] = sheet, start
    for at, patient in enumerate(made.ids):
        for spell in range(rng.randint(0 if at else 1, 3) if spells else 1):
            begin, first = made.at(patient, 400 * spell, 400 * spell + 50)
            first = first if spells else 0.0
            until, last = made.maybe(*made.at(patient, first, first + 900))
            offered, planned = rng.randint(0, 40), rng.randint(0, 365)
            values = {
                "dose": rng.choice([0, 7.5, 1250, 20]), "agent": rng.choice(["Drug A", "b, c", "δ"]),
                "sessions_offered": offered, "sessions_attended": rng.randint(0, offered),
                "days_planned": planned, "days_covered": rng.randint(0, planned),
            }  # fmt: skip
            cells = {key: made.maybe(str(value), value) for key, value in values.items()}
            row = {spec["id"]: patient, start: begin, end: until}
            sheet.rows.append(row | {spec[key]: text for key, (text, _) in cells.items()})
            if made.is_in(patient):
                known = {"end_day": last} | {key: value for key, (_, value) in cells.items()}
                made.expected["exposures"][patient, component, first] = known
