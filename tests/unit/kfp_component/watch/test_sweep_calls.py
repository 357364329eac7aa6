import pytest

from bench.sweeps.quota import simulate


@pytest.mark.long
@pytest.mark.parametrize(("hours", "events"), [(1, 10), (1, 25), (3, 10)])
def test_a_sweep_of_500_trials_takes_at_most_400_calls_an_hour(hours, events):
    busiest = simulate(500, hours * 3600, events_per_trial=events).busiest_hour()
    assert busiest.total() <= 400, busiest
