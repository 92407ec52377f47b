"""`check FILE` on the sample's finished files."""

from pathlib import Path

from circular_gen.checks.measuring import check_file

from .conftest import Commands


def test_the_samples_circulars_are_passed_in_silence(sample: Path) -> None:
    circulars = [*sample.glob("out/*/circular.*"), *sample.glob("out/*/liulin/circular.*")]
    assert {path.suffix for path in circulars} == {".docx", ".pdf"}
    assert len(circulars) == 6
    result = Commands(sample)("check", *map(str, circulars))
    assert "0 个错误，0 个警告" in result.output


def test_a_form_is_no_official_paper(sample: Path) -> None:
    for form in sample.glob("out/2026-winter-safety/liulin/*.*"):
        if form.stem in ("receipt", "checklist"):
            (finding,) = check_file(form)
            assert (finding.rule, finding.severity) == ("no-paper", "warning")
