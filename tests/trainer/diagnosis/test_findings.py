"""The registry of findings: its order of gravity, and what a new one needs."""

from trainer.diagnosis import FINDINGS, Finding, diagnose
from trainer.diagnosis.findings import FindingKind


def test_the_registry_is_in_the_order_of_gravity_and_healthy_comes_last():
    grades = [kind.grade for name, kind in FINDINGS.items() if name != "too-few"]
    assert grades == sorted(grades, reverse=True)
    assert list(FINDINGS)[-1] == "healthy"
    assert [name for name, kind in FINDINGS.items() if kind.grade == 0] == ["healthy"]


def test_a_new_finding_is_a_function_and_a_line(world, reference, monkeypatch):
    def upside_down(measured, reference, fake):
        yield Finding("upside-down", f"All {measured.n_fake} stand on their heads.")

    monkeypatch.setitem(FINDINGS, "upside-down", FindingKind("Upside down", 1, upside_down))
    found = diagnose(reference, world.draw(500, seed=1))
    assert (found.verdict.title, found.verdict.grade) == ("Upside down", 1)
    assert found.verdict.text == "All 500 stand on their heads."


def test_what_is_found_alone_ends_the_search(world, reference, monkeypatch):
    def blank(measured, reference, fake):
        yield Finding("blank", "Nothing is drawn.")

    monkeypatch.setitem(FINDINGS, "blank", FindingKind("Blank", 2, blank, alone=True))
    assert [
        finding.kind for finding in diagnose(reference, world.draw(500, seed=1, shares=(1,) * 5 + (0,) * 5)).findings
    ] == ["blank"]
