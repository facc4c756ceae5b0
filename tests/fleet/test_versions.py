"""Which version is the newest that servers have: one that only a liar has is not, or not for ever."""

import pytest

from custom_components.nezha.fleet.versions import (
    BELIEVED_ALONE,
    CLAIM_PAUSE,
    NewestVersion,
    is_newer,
    is_version,
)


def newest(*versions: str) -> str | None:
    return NewestVersion().update({str(number): version for number, version in enumerate(versions)}, 0)


class TestRelease:
    """What names a release, and which is newer."""

    @pytest.mark.parametrize("text", ["1.14.2", "v2.3.3", "0.20", "10000.0.1"[1:]])
    def test_is_one(self, text: str) -> None:
        assert is_version(text)

    @pytest.mark.parametrize("text", ["", "debug", "1", "1.2.3.4", "2.0.0-beta.1", "99999.0", "1.2.3\n", "٣.١", "v"])
    def test_is_none(self, text: str) -> None:
        assert not is_version(text)

    @pytest.mark.parametrize(
        ("one", "other", "newer"),
        [
            ("1.10.0", "1.9.0", True),
            ("v1.2.1", "1.2", True),
            ("1.2.0", "v1.2", False),
            ("1.2.0", "1.3.0", False),
            ("debug", "1.0.0", False),
            ("1.0.0", "debug", False),
        ],
    )
    def test_is_newer(self, one: str, other: str, newer: bool) -> None:
        assert is_newer(one, other) is newer


class TestNewest:
    """What servers report, and what comes of it."""

    @pytest.mark.parametrize(
        ("versions", "expected"),
        [
            ((), None),
            (("debug", ""), None),
            (("1.2.0",), "1.2.0"),
            (("1.2.0", "1.3.0"), "1.3.0"),
            (("1.2.0", "1.2.0", "1.10.0"), "1.10.0"),
            (("1.14.0", "1.14.0", "2.0.1"), "2.0.1"),
            # What is no release of anything.
            (("1.2.0", "1.2.0", "999.0"), "1.2.0"),
            (("1.2.0", "1.2.0", "1.2.0", "999.0", "999.0"), "1.2.0"),
            (("1.2.0", "debug", "1.3.0-rc1"), "1.2.0"),
        ],
    )
    def test_of_a_fleet(self, versions: tuple[str, ...], expected: str | None) -> None:
        assert newest(*versions) == expected

    def test_what_one_alone_claims_is_not_believed_for_ever(self) -> None:
        fleet = NewestVersion()
        claims = {"a": "1.2.0", "b": "1.2.0", "liar": "1.9.0"}
        assert fleet.update(claims, 0) == "1.9.0"
        assert fleet.update(claims, BELIEVED_ALONE - 1) == "1.9.0"
        assert fleet.update(claims, BELIEVED_ALONE) == "1.2.0"
        # Another claim of the same server is as old as the first.
        assert fleet.update(claims | {"liar": "1.9.1"}, BELIEVED_ALONE + CLAIM_PAUSE) == "1.2.0"

    def test_what_a_second_one_has_is_believed(self) -> None:
        fleet = NewestVersion()
        fleet.update({"a": "1.2.0", "b": "1.2.0", "c": "1.3.0"}, 0)
        assert fleet.update({"a": "1.2.0", "b": "1.3.0", "c": "1.3.0"}, 2 * BELIEVED_ALONE) == "1.3.0"

    def test_a_version_that_flaps_changes_once_an_hour(self) -> None:
        fleet = NewestVersion()
        seen = {
            fleet.update({"a": "1.2.0", "b": "1.2.0", "liar": f"1.3.{moment}"}, moment)
            for moment in range(0, CLAIM_PAUSE, 60)
        }
        assert seen == {"1.3.0"}
        assert fleet.update({"a": "1.2.0", "b": "1.2.0", "liar": "1.4.0"}, CLAIM_PAUSE) == "1.4.0"

    def test_who_came_back_to_the_others_may_be_ahead_again(self) -> None:
        fleet = NewestVersion()
        fleet.update({"a": "1.2.0", "b": "1.2.0", "c": "1.3.0"}, 0)
        fleet.update({"a": "1.2.0", "b": "1.2.0", "c": "1.2.0"}, BELIEVED_ALONE)
        assert fleet.update({"a": "1.2.0", "b": "1.2.0", "c": "1.3.0"}, 2 * BELIEVED_ALONE) == "1.3.0"
