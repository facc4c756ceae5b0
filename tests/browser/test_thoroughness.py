"""Every language has its turn, large and small."""

from pathlib import Path

from scripts.languages import SOURCE, languages

from .thoroughness import APPEARANCES, Thoroughness

TURNS = range(len(languages()) - 1)
PHONE = 390


def test_a_dialog_is_seen_in_the_source_and_one_other_and_each_has_its_turn() -> None:
    thoroughness = Thoroughness(everything=False, folder=Path())
    seen = [[language for language, _ in thoroughness.looks(turn)] for turn in TURNS]
    assert all(len(found) == 2 and found[0] == SOURCE for found in seen)
    assert {found[1] for found in seen} == {*languages()} - {SOURCE}


def test_another_commit_begins_with_another_language() -> None:
    spoken = {Thoroughness(everything=False, folder=Path(), seed=seed).languages(0)[1] for seed in TURNS}
    assert spoken == {*languages()} - {SOURCE}


def test_everything_is_every_language_on_a_phone_and_a_desktop() -> None:
    looks = [*Thoroughness(everything=True, folder=Path()).looks(3)]
    assert [appearance for language, appearance in looks if language == SOURCE] == [*APPEARANCES]
    for language in languages():
        widths = [appearance.width for spoken, appearance in looks if spoken == language]
        assert any(width == PHONE for width in widths)
        assert any(width > PHONE for width in widths)
