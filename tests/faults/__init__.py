"""Everything that can go wrong between a dashboard and Home Assistant, in every phase of an entry's life."""

import pytest

pytest.register_assert_rewrite(*(f"tests.faults.{module}" for module in ("home", "phases", "sight", "troubles")))
