import random

import pytest
import torch

from genkd_mm.samplers import ReplayBuffer
from genkd_mm.utils import ConfigError

SHAPE = (1, 2, 2)


def make(capacity=30, num_classes=3, **kwargs):
    return ReplayBuffer(capacity, image_shape=SHAPE, num_classes=num_classes, **kwargs)


def test_starts_from_uniform_noise():
    torch.manual_seed(0)
    states = make(3000, 1).states
    assert states.shape == (3000, *SHAPE) and states.min() >= -1 and states.max() <= 1
    assert abs(states.mean()) < 0.03 and states.var().item() == pytest.approx(1 / 3, rel=0.05)


def test_slots_belong_to_the_label_and_do_not_repeat():
    buffer = make()
    labels = torch.tensor([2, 0, 2, 1, 2, 0, 2, 2, 2, 2, 2, 2, 2])  # all ten slots of class 2
    slots = buffer.draw(labels)
    assert torch.equal(buffer.labels[slots], labels)
    assert len(slots.unique()) == len(slots)


def test_a_class_that_is_asked_for_too_often_repeats_its_slots_evenly():
    buffer = make(capacity=6)
    slots = buffer.draw(torch.tensor([0, 0, 0, 0]))
    assert slots.bincount(minlength=6).tolist() == [2, 2, 0, 0, 0, 0]


def test_every_slot_is_visited():
    torch.manual_seed(0)
    buffer = make(capacity=12)
    seen = torch.cat([buffer.draw(torch.tensor([0, 1, 2])) for _ in range(60)])
    assert len(seen.unique()) == 12


@pytest.mark.parametrize('probability', [0.0, 0.25, 1.0])
def test_share_of_restarted_chains(probability):
    torch.manual_seed(0)
    buffer = make(4000, 1, restart_prob=probability)
    buffer.write(torch.arange(4000), torch.full((4000, *SHAPE), 0.5))
    starts = buffer.starts(torch.arange(4000))
    restarted = (starts != 0.5).flatten(1).any(1)
    assert restarted.float().mean().item() == pytest.approx(probability, abs=0.03)
    assert torch.equal(buffer.restarted, restarted)
    assert (buffer.states == 0.5).all()  # a restart is stored only when the chain has run


def test_a_chains_number_is_its_place_in_the_stored_state(monkeypatch):
    monkeypatch.setattr('genkd_mm.samplers.replay_buffer.get_world_size', lambda: 2)
    numbers = []
    for rank in (0, 1):
        monkeypatch.setattr('genkd_mm.samplers.replay_buffer.get_rank', lambda rank=rank: rank)
        buffer = make()
        stored = torch.rand(30, *SHAPE)
        buffer.load_state_dict(dict(states=stored, seen=torch.zeros(30).bool(), num_classes=3, distinct_seen=0), 'x')
        slots = torch.arange(len(buffer))
        assert torch.equal(stored[buffer.global_ids(slots)], buffer.read(slots))
        numbers.append(buffer.global_ids(slots))
    assert torch.equal(torch.cat(numbers).sort()[0], torch.arange(30))


def test_float16_store_gives_float32_states():
    buffer = make(dtype='float16')
    images = torch.rand(2, *SHAPE)
    buffer.write(torch.tensor([0, 5]), images)
    assert buffer.states.dtype == torch.float16
    read = buffer.read(torch.tensor([0, 5]))
    assert read.dtype == torch.float32
    torch.testing.assert_close(read, images, atol=1e-3, rtol=0)


def test_distinct_images_are_counted_once_until_they_change():
    buffer = make()
    buffer.mark_seen(torch.tensor([0, 1, 1]))
    buffer.mark_seen(torch.tensor([1, 2]))
    assert buffer.distinct_seen == 3
    buffer.write(torch.tensor([1]), torch.zeros(1, *SHAPE))
    buffer.mark_seen(torch.tensor([0, 1]))
    assert buffer.distinct_seen == 4


def test_a_note_holds_until_its_state_changes():
    buffer = make()
    slots = torch.tensor([4, 1, 7])
    buffer.cache(slots, dict(logits=torch.arange(6.0).view(3, 2)))
    buffer.write(torch.tensor([1]), torch.zeros(1, *SHAPE))
    assert buffer.is_cached(torch.tensor([7, 1, 4, 0])).tolist() == [True, False, True, False]
    assert buffer.notes['logits'][torch.tensor([7, 4])].tolist() == [[4, 5], [0, 1]]
    other = make()
    other.load_state_dict(buffer.state_dict(), 'FILE')
    assert torch.equal(other.is_cached(torch.arange(30)), buffer.is_cached(torch.arange(30)))
    assert torch.equal(other.notes['logits'], buffer.notes['logits'])
    other.forget_seen()  # the chains go to another student, and maybe another teacher
    assert not other.is_cached(torch.arange(30)).any() and 'notes' not in other.state_dict()


def test_state_round_trips():
    one, other = make(), make()
    one.mark_seen(torch.tensor([3]))
    other.load_state_dict(one.state_dict(), 'FILE')
    assert torch.equal(one.states, other.states) and other.distinct_seen == 1
    other.mark_seen(torch.tensor([3]))
    assert other.distinct_seen == 1


@pytest.mark.parametrize('capacity', [15, 60])
def test_a_store_of_another_size_is_resampled_within_its_classes(capacity):
    store, buffer = make(capacity=30), make(capacity=capacity)
    store.write(torch.arange(30), store.labels.float().view(-1, 1, 1, 1).expand(-1, *SHAPE) / 10)
    buffer.load_state_dict(store.state_dict(), 'FILE')
    assert torch.allclose(buffer.states[:, 0, 0, 0], buffer.labels.float() / 10)


def test_refusals():
    with pytest.raises(ConfigError, match='restart_prob is 1.5'):
        make(restart_prob=1.5)
    with pytest.raises(ConfigError, match="dtype is 'int8'"):
        make(dtype='int8')
    with pytest.raises(ConfigError, match='capacity is 2, less than one chain'):
        make(capacity=2)
    with pytest.raises(ConfigError, match='batch of 31 chains was asked for but each rank keeps 30'):
        make().draw(torch.zeros(31).long())
    with pytest.raises(ConfigError, match='FILE holds chains of shape .* in 1 classes'):
        make().load_state_dict(make(num_classes=1).state_dict(), 'FILE')


def test_a_draw_does_not_grow_with_the_capacity(monkeypatch):
    asked = []
    original = random.sample
    monkeypatch.setattr(random, 'sample', lambda population, k: asked.append(k) or original(population, k))
    make(capacity=30_000).draw(torch.tensor([0, 1, 1, 2]))
    assert sorted(asked) == [1, 1, 2]


def test_rewarded_states_are_drawn_as_often_as_their_rewards_say():
    torch.manual_seed(0)
    buffer = make(capacity=6)  # two slots a class
    buffer.reward(torch.tensor([0, 1, 2]), torch.tensor([0.0, 1.0, -5.0]))
    slots = buffer.draw_rewarded(torch.tensor([0, 1, 2]).repeat(4000), temperature=0.5)
    counts = slots.bincount(minlength=6) / 4000
    probability = torch.sigmoid(torch.tensor(2.0)).item()  # exp(1 / T) against exp(0 / T)
    assert counts[1].item() == pytest.approx(probability, abs=0.02)
    assert counts[2] == 1 and counts[3] == 0  # the only one of its class with a reward
    assert counts[4].item() == pytest.approx(0.5, abs=0.03)  # no reward in the class: all its chains


@pytest.mark.parametrize('broken', [torch.nan, torch.inf, -torch.inf])
def test_a_reward_that_is_not_finite_counts_as_none(broken):
    buffer = make(capacity=6)
    buffer.reward(torch.tensor([0, 1, 2, 3]), torch.tensor([broken, -3.0, broken, broken]))
    slots = buffer.draw_rewarded(torch.tensor([0, 1]).repeat(200), temperature=0.5)
    assert slots.bincount(minlength=6)[:2].tolist() == [0, 200]
    assert slots.bincount(minlength=6)[2:4].min() > 50


def test_unconditional_chains_are_drawn_by_reward_whatever_their_label():
    buffer = make(capacity=6, num_classes=1)
    buffer.reward(torch.tensor([4]), torch.tensor([1.0]))
    assert buffer.draw_rewarded(torch.tensor([0, 7, 9]), temperature=1.0).tolist() == [4, 4, 4]


def test_a_new_state_has_no_reward_and_a_stored_one_keeps_it(tmp_path):
    buffer = make(capacity=6)
    buffer.reward(torch.arange(6), torch.arange(6.0))
    buffer.write(torch.tensor([4]), torch.zeros(1, *SHAPE))
    other = make(capacity=6)
    other.load_state_dict(buffer.state_dict(), 'file')
    assert other.rewards.tolist() == [0, 1, 2, 3, -torch.inf, 5]
    old = buffer.state_dict()
    del old['rewards']  # as of a run that rewards nothing
    other.load_state_dict(old, 'file')
    assert other.rewards is None


@pytest.mark.parametrize(
    'changed, words', [(dict(seen=None), 'without seen'), (dict(states=torch.zeros(2, *SHAPE)), 'without one for each')]
)
def test_stored_chains_that_are_not_whole_are_refused(changed, words):
    stored = {name: value for name, value in {**make().state_dict(), **changed}.items() if value is not None}
    with pytest.raises(ConfigError, match=f'prior.pth holds chains {words}.*; use a whole file'):
        make().load_state_dict(stored, 'prior.pth')
