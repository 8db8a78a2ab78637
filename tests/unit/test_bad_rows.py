"""Rows that repeat or contradict each other, within a file, between files and between cohorts."""

from __future__ import annotations

import pytest
from planted import read_tiny, refusal, warnings_of
from tiny_cohort import FILES, SHOWN, plant, write_tiny

from outcomes.ingest.agreement import report_disagreement, swapped_files
from outcomes.ingest.patients import read_patients
from outcomes.ingest.sources import open_sources

ROWS = {name: text.splitlines(keepends=True) for name, text in FILES.items()}


@pytest.mark.parametrize(
    ("file", "row", "rule"),
    [
        ("people.csv", 2, "pid: 2 of 5 rows of patients who have another row (lines 3, 6)"),
        ("phq.csv", 1, "visit: 2 of 9 rows of patients who have another row at the same visit (lines 2, 10)"),
        ("qol.csv", 3, "week: 2 of 7 rows in a window with another row (lines 4, 8)"),
        ("harms.csv", 1,
         "event: 2 of 4 rows that repeat a patient's adverse event (same term and onset) (lines 2, 5)"),
        ("pills.csv", 2,
         "pid: 2 of 4 rows of patients who have another row that starts on the same day (lines 3, 5)"),
    ],
)  # fmt: skip
def test_a_copy_of_a_row_is_told_as_a_copy(tmp_path, file, row, rule):
    cohort = write_tiny(tmp_path)
    (tmp_path / file).write_text(FILES[file] + ROWS[file][row])
    message = str(refusal(tmp_path, cohort))
    assert f"{rule}: 1 of them repeat another row to the letter, 0 differ; keep one" in message


def test_copies_and_rows_that_differ_are_counted_apart(tmp_path):
    cohort = write_tiny(tmp_path)
    first, second = ROWS["phq.csv"][1], ROWS["phq.csv"][4]
    (tmp_path / "phq.csv").write_text(FILES["phq.csv"] + first + first + second.replace(",17", ",16"))
    message = str(refusal(tmp_path, cohort))
    assert "visit: 5 of 11 rows of patients who have another row at the same visit" in message
    assert (
        "2 of them repeat another row to the letter, 2 differ; keep one row per patient and visit" in message
    )


def test_rows_that_differ_are_not_called_copies(tmp_path):
    cohort = write_tiny(tmp_path)
    plant(tmp_path, "phq.csv", "zq1,V1", "zq1,V0")
    message = str(refusal(tmp_path, cohort))
    assert "(lines 2, 3): keep one row per patient and visit" in message
    assert "to the letter" not in message


def disagreement(root, cohort):
    opened = open_sources(root, cohort, SHOWN, lambda _: None)
    report_disagreement(opened, read_patients(opened))
    return opened.findings


def with_column(file, name, cells):
    head, *rows = FILES[file].splitlines()
    longer = (f"{row},{cell}" for row, cell in zip(rows, cells, strict=True))
    return "\n".join([f"{head},{name}", *longer]) + "\n"


@pytest.mark.parametrize(
    ("file", "arms", "count", "lines"),
    [
        ("harms.csv", "AAB", 0, ""), ("harms.csv", "BAB", 1, "line 2"), ("qol.csv", "AAB??B", 0, ""),
        ("qol.csv", "ABBAAA", 3, "lines 3, 5, 7"),
    ],
)  # fmt: skip
def test_a_patient_in_two_arms_is_a_problem(tmp_path, file, arms, count, lines):
    cohort = write_tiny(tmp_path)
    (tmp_path / file).write_text(with_column(file, "grp", arms))
    found = disagreement(tmp_path, cohort)
    if not count:
        assert found.problems == []
        return
    (problem,) = found.problems
    assert (problem.source, problem.where) == (file, "grp")
    rule = f"of patients whom people.csv has in another arm ({lines})"
    assert problem.what == (
        f"{count} of {len(arms)} rows {rule}: find out which file is right, and mend the other"
    )
    assert len(found.details) == count


@pytest.mark.parametrize(("drugs", "count"), [("AAB", 0), ("CAB", 1), ("CCB", 2)])
def test_a_component_that_two_files_tell_differently_is_a_problem(tmp_path, drugs, count):
    def components(content):
        content["patients"]["arm"] = {
            "components": {
                "medication": {"column": "grp", "given": ["A", "B"], "not_given": ["C"]},
                "therapy": {"column": "sex", "given": ["m"], "not_given": ["f"]},
            }
        }
        content["patients"]["covariates"].pop("sex")

    cohort = write_tiny(tmp_path, components)
    (tmp_path / "harms.csv").write_text(with_column("harms.csv", "grp", drugs))
    found = disagreement(tmp_path, cohort).problems
    assert len(found) == (count > 0)
    assert all(problem.what.startswith(f"{count} of 3 rows of patients whom people.csv") for problem in found)


@pytest.mark.parametrize(("file", "codes"), [("harms.csv", "mfm"), ("qol.csv", "ffmmfm"[:6])])
def test_a_category_that_two_files_tell_differently_is_a_warning(tmp_path, file, codes):
    cohort = write_tiny(tmp_path)
    (tmp_path / file).write_text(with_column(file, "sex", codes))
    found = disagreement(tmp_path, cohort)
    assert found.problems == []
    warned = [note for note in found.notes if note.level == "warning"]
    expected = [file] if file == "harms.csv" else []
    assert [note.source for note in warned] == expected
    assert all("of patients of whom people.csv has another code (line 2)" in note.what for note in warned)


def two_cohorts(root, mix):
    """Lay out two cohorts, of ids zq and xy, and let `mix` exchange files; return what is said of them."""
    cohorts = {}
    for name, ids in (("alpha", "zq"), ("beta", "xy")):
        (root / name).mkdir()

        def below(content, name=name):
            for spec in content["files"].values():
                spec["path"] = f"{name}/{spec['path']}"

        cohorts[name] = write_tiny(root, below)
        for file, text in FILES.items():
            (root / name / file).write_text(text.replace("zq", ids))
    mix(root)
    return swapped_files(root, cohorts)


@pytest.mark.parametrize("file", ["phq", "harms"])
def test_files_swapped_between_cohorts_are_named(tmp_path, file):
    def swap(root):
        one, other = root / f"alpha/{file}.csv", root / f"beta/{file}.csv"
        texts = one.read_text(), other.read_text()
        other.write_text(texts[0])
        one.write_text(texts[1])

    problems = two_cohorts(tmp_path, swap)
    assert [(problem.source, problem.where) for problem in problems] == [
        (f"alpha/{file}.csv", "pid"), (f"beta/{file}.csv", "pid"),
    ]  # fmt: skip
    n = 4 if file == "phq" else 2
    assert problems[0].what == (
        f"hardly any of its {n} patients are of cohort alpha, nearly all are of cohort beta: are two files "
        f"swapped? mend files.{file}.path"
    )


def test_files_in_their_place_and_strangers_of_nowhere_are_not_called_swapped(tmp_path):
    assert two_cohorts(tmp_path, lambda root: plant(root / "alpha", "phq.csv", "zq4,V0", "xy4,V0")) == []


@pytest.mark.parametrize("numbers", [True, False])
def test_cohorts_that_number_their_patients_alike_are_not_called_swapped(tmp_path, numbers):
    def same(root):
        for file, text in FILES.items():
            for name in ("alpha", "beta"):
                (root / name / file).write_text(text.replace("zq", "" if numbers else "P"))

    assert two_cohorts(tmp_path, same) == []


DIFFER = "whose total is not what its items add up to"
ITEMS = [f"i{n}" for n in range(1, 10)]


def items(content):
    content["measures"]["phq9"]["items"] = ITEMS


def answers(faults):
    """Return the file of scores with items that add up to its totals, but for {line: {item: cell}}."""
    head, *lines = FILES["phq.csv"].splitlines()
    text = [",".join([head, *ITEMS])]
    for number, line in enumerate(lines, start=2):
        total = line.rsplit(",", 1)[1]
        left, cells = (0 if total == "NA" else int(total)), []
        for _ in ITEMS:
            cells.append("NA" if total == "NA" else str(min(3, left)))
            left -= min(3, left)
        for item, cell in faults.get(number, {}).items():
            cells[item - 1] = cell
        text.append(",".join([line, *cells]))
    return "\n".join(text) + "\n"


def test_items_that_add_up_are_read(tmp_path):
    assert read_tiny(tmp_path, items, phq=answers({})).visits["score"].notna().sum() == 7 + 6


@pytest.mark.parametrize(
    ("faults", "says"),
    [
        ({3: {9: "1"}}, f"total: 1 of 8 rows {DIFFER} (line 3): mend the total or the items"),
        ({3: {9: "1"}, 6: {1: "0"}}, f"total: 2 of 8 rows {DIFFER} (lines 3, 6)"),
        ({3: {1: "4"}}, "i1: 1 of 8 rows outside 0 to 3 (line 3)"),
        ({5: {2: "5"}}, "i2: 1 of 8 rows outside 0 to 3 (line 5)"),
        ({3: {1: "2.5"}}, "i1: 1 of 8 rows not a whole number (line 3)"),
        ({6: {4: "1.5"}}, "i4: 1 of 8 rows not a whole number (line 6)"),
        ({3: {1: "9"}}, "i1: 1 of 8 rows with what is probably a missing code (line 3)"),
        ({9: {7: "-1"}}, "i7: 1 of 8 rows with what is probably a missing code (line 9)"),
    ],
)  # fmt: skip
def test_items_that_cannot_be_or_do_not_add_up_are_refused(tmp_path, faults, says):
    cohort = write_tiny(tmp_path, items)
    (tmp_path / "phq.csv").write_text(answers(faults))
    assert says in str(refusal(tmp_path, cohort))


IMPOSSIBLE = "with items missing and a total that no answer to these can give"


@pytest.mark.parametrize(
    ("faults", "count"),
    [
        ({2: {1: "NA", 2: "NA", 3: "NA", 5: "0"}}, "1 of 8 rows {} (line 2)"),  # 15, of at most 12
        (
            {2: {6: "3", 7: "3", 1: "NA"}, 5: {8: "3", 9: "3", 2: "NA"}},
            "2 of 8 rows {} (lines 2, 5)",
        ),  # 18, 20
    ],
)
def test_totals_that_no_missing_item_explains_are_refused(tmp_path, faults, count):
    cohort = write_tiny(tmp_path, items)
    (tmp_path / "phq.csv").write_text(answers(faults))
    assert f"total: {count.format(IMPOSSIBLE)}: mend the total or the items" in str(refusal(tmp_path, cohort))


def test_reversed_items_are_recoded_before_a_total_is_judged(tmp_path):
    def turned(content):
        items(content)
        content["instruments"] = {"TURNED": {
            "name": "Turned", "condition": "depression", "low": 0, "high": 27, "integer": True,
            "higher_is_better": False, "source": "made up", "items": 9, "item_low": 0, "item_high": 3,
            "reversed_items": [9],
        }}  # fmt: skip
        content["measures"]["phq9"]["instrument"] = "TURNED"

    # item 9 is a zero that counts 3: of items and totals that add up without it, all are 3 too low
    cohort = write_tiny(tmp_path, turned)
    rows = {line: {9: "3"} for line in (2, 3, 5, 6, 7, 8, 9)}
    (tmp_path / "phq.csv").write_text(answers(rows | {3: {9: "0", 8: "NA"}}))
    assert f"total: 1 of 8 rows {IMPOSSIBLE} (line 3)" in str(refusal(tmp_path, cohort))


def partly(missing):
    """Return the file of scores in which an item is missing, and warnings of reading it."""
    return answers({line: {item: "NA"} for line, item in missing.items()})


def test_totals_of_answered_items_only_are_a_warning(tmp_path):
    (said,) = warnings_of(read_tiny(tmp_path, items, phq=partly(dict.fromkeys((2, 3, 5, 6, 7), 9))))
    assert (
        "total: 5 of 8 rows (of 5 with items missing) whose total is the sum of the answered items only"
        in said
    )
    assert "(lines 2, 3, 5, 6, 7)" in said


@pytest.mark.parametrize(
    "missing", [dict.fromkeys((2, 3, 5, 6), 9), {2: 1, 3: 9, 5: 1, 6: 9, 7: 1, 8: 1, 9: 9}]
)
def test_totals_that_equal_such_a_sum_by_chance_are_not(tmp_path, missing):
    assert warnings_of(read_tiny(tmp_path, items, phq=partly(missing))) == []
