"""A dashboard of the soak knows its servers as Home Assistant does."""

import pytest

from scripts.soak_run.site import Site


@pytest.mark.parametrize("generation", ["v0", "v2"])
def test_a_server_is_known_by_its_uuid_where_it_has_one(generation: str) -> None:
    site = Site(generation, 20, seed=1)
    server = site.servers()[0]
    assert site.identify(server) == (server.machine.uuid if generation == "v2" else "1")
    assert len(site.victims) == 4
    assert site.identify(server) in site.victims
    assert len(dict(site.faithful)) == len(site.dashboard.histories) - 4


def test_the_same_seed_is_the_same_fleet() -> None:
    first, second, other = (Site("v2", 20, seed=seed) for seed in (1, 1, 2))
    assert first.victims == second.victims != other.victims
    assert first.tokens != second.tokens
