"""The endless sequence of draws."""

import itertools
import pickle
import random

import numpy as np
import pytest
import torch
from torch.utils.data import DataLoader, Dataset

from genkd_mm.datasets import Draw, ResumableSampler, SeededDataset
from genkd_mm.utils import get_random_state, seeded, set_random_state


def take(sampler, number):
    return list(itertools.islice(sampler, number))


def test_every_pass_is_another_permutation():
    draws = take(ResumableSampler(range(10), seed=3), 30)
    passes = [draws[:10], draws[10:20], draws[20:]]
    assert all(sorted(p) == list(range(10)) for p in passes)
    assert passes[0] != passes[1] != passes[2]
    assert [draw.position for draw in draws] == list(range(30))


def test_a_start_skips_what_lies_behind():
    whole = take(ResumableSampler(range(7), seed=3), 50)
    sampler = ResumableSampler(range(7), seed=3)
    sampler.start = 23
    assert take(sampler, 27) == whole[23:]


def test_ranks_share_the_sequence(monkeypatch):
    whole = take(ResumableSampler(range(7), seed=3), 30)
    monkeypatch.setattr('genkd_mm.datasets.resumable.get_world_size', lambda: 3)
    ranks = []
    for rank in range(3):
        monkeypatch.setattr('genkd_mm.datasets.resumable.get_rank', lambda rank=rank: rank)
        ranks.append(take(ResumableSampler(range(7), seed=3), 10))
    assert [draw for draws in zip(*ranks) for draw in draws] == whole


def test_more_ranks_than_items(monkeypatch):
    monkeypatch.setattr('genkd_mm.datasets.resumable.get_world_size', lambda: 5)
    monkeypatch.setattr('genkd_mm.datasets.resumable.get_rank', lambda: 4)
    draws = take(ResumableSampler(range(2), shuffle=False, seed=0), 4)
    assert [draw.position for draw in draws] == [4, 9, 14, 19] and draws == [0, 1, 0, 1]


def test_without_shuffling_the_order_is_the_data_sets():
    assert take(ResumableSampler(range(4), shuffle=False, seed=0), 10) == [0, 1, 2, 3] * 2 + [0, 1]


def test_a_draw_travels_to_a_worker():
    draw = pickle.loads(pickle.dumps(Draw(5, seed=7, position=11)))
    assert (draw, draw.seed, draw.position) == (5, 7, 11)


class Noisy(Dataset):
    """Random transforms of all three kinds."""

    metainfo = dict(classes=('a',))

    def __len__(self):
        return 20

    def __getitem__(self, index):
        return index, random.random(), np.random.rand(), torch.rand(()).item()


@pytest.fixture
def noisy():
    dataset = SeededDataset.__new__(SeededDataset)
    dataset.dataset = Noisy()
    return dataset


def batches(dataset, number, workers=0, start=0):
    sampler = ResumableSampler(dataset, seed=1)
    sampler.start = start
    loader = DataLoader(dataset, batch_size=4, sampler=sampler, num_workers=workers, collate_fn=list)
    return list(itertools.islice(loader, number))


def test_random_transforms_depend_on_the_position_alone(noisy):
    whole = batches(noisy, 8)
    assert len({item[1:] for batch in whole for item in batch}) == 32  # no batch repeats another
    torch.rand(5)
    assert batches(noisy, 3, start=20) == whole[5:]
    assert batches(noisy, 8, workers=2) == whole


def test_the_process_keeps_its_own_random_numbers(noisy):
    torch.manual_seed(5)
    np.random.seed(5)
    random.seed(5)
    expected = torch.rand(()).item(), np.random.rand(), random.random()
    torch.manual_seed(5)
    np.random.seed(5)
    random.seed(5)
    noisy.__getitems__([Draw(0, seed=0, position=0)])
    assert (torch.rand(()).item(), np.random.rand(), random.random()) == expected


def test_random_states_come_back_from_a_file(tmp_path):
    state = get_random_state()
    expected = torch.randn(3).tolist(), np.random.randn(3).tolist(), random.gauss(0, 1)
    torch.save(state, tmp_path / 'state.pth')
    set_random_state(torch.load(tmp_path / 'state.pth', weights_only=True))
    assert (torch.randn(3).tolist(), np.random.randn(3).tolist(), random.gauss(0, 1)) == expected


def test_seeded_numbers_are_those_of_the_seed():
    draws = []
    for numbers in ((1, 2), (1, 2), (2, 1)):
        with seeded(*numbers):
            draws.append((torch.rand(()).item(), np.random.rand(), random.random()))
    assert draws[0] == draws[1] != draws[2]
