"""Code digests follow imports: what a stage does not import does not move it."""

from outcomes import digest


def reached(*modules):
    return {path.relative_to(digest.ROOT).as_posix() for path in digest.reached_files(modules)}


def test_a_registry_entry_reaches_its_module_and_what_it_imports():
    files = reached("outcomes.models.proportion:fit_proportion")
    assert {"models/proportion.py", "models/fit.py", "inference.py", "tables.py", "__init__.py"} <= files
    assert not any(name.startswith(("figures/", "report/")) for name in files)


def test_templates_count_with_their_package():
    assert any(name.endswith(".j2") for name in reached("outcomes.stages.index"))


def test_the_digest_changes_with_content(tmp_path, monkeypatch):
    (tmp_path / "__init__.py").write_text("")
    (tmp_path / "one.py").write_text("from outcomes import two\n")
    (tmp_path / "two.py").write_text("x = 1\n")
    monkeypatch.setattr(digest, "ROOT", tmp_path)
    before = digest.code_digest(["outcomes.one"])
    (tmp_path / "three.py").write_text("y = 1\n")
    assert digest.code_digest(["outcomes.one"]) == before
    (tmp_path / "two.py").write_text("x = 2\n")
    assert digest.code_digest(["outcomes.one"]) != before
