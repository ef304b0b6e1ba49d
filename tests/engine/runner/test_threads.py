"""How many CPU threads a run gains from."""

from types import SimpleNamespace

import pytest
import torch
from mmengine.hooks import Hook
from mmrazor.registry import HOOKS, MODELS
from torch import nn

from genkd_mm import threads
from genkd_mm.apis.train import train
from genkd_mm.engine.runner.config import load_config
from genkd_mm.engine.runner.threads import layer_multiply_adds, trained_network, useful_threads

from ...tiny_run import CONFIGS


@HOOKS.register_module(force=True)
class ThreadsHook(Hook):
    """Keeps the number of threads at each iteration."""

    seen: list[int] = []

    def before_train_iter(self, runner, batch_idx, data_batch=None):
        self.seen.append(torch.get_num_threads())


@pytest.fixture
def two_threads(monkeypatch):
    """Two threads, which nobody has chosen."""
    before = torch.get_num_threads()
    monkeypatch.setattr(threads, 'CHOSEN', False)
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(before)


def test_multiply_adds_of_the_average_layer():
    network = nn.Sequential(nn.Conv2d(3, 4, 3, 2, 1), nn.BatchNorm2d(4), nn.Flatten(), nn.Linear(64, 10)).train()
    convolution, linear = 4 * 4 * 4 * 9 * 3, 64 * 10
    assert layer_multiply_adds(network, (3, 8, 8)) == (convolution + linear) / 2
    assert network.training and network[1].num_batches_tracked == 0
    assert layer_multiply_adds(nn.Flatten(), (3, 8, 8)) == 0


def test_a_thread_needs_work():
    assert [useful_threads(millions * 1e6, 4) for millions in (0, 29, 31, 59, 61, 1000)] == [1, 1, 2, 3, 4, 4]
    assert useful_threads(1e9, 1) == 1


@pytest.mark.parametrize(
    ('name', 'expected'),
    [
        ('teachers/resnet18_digits', 1),
        ('priors/energy_matching_digits', 1),
        ('priors/jem_wrn10x1_digits', 1),
        ('genkd_digits', 1),
        ('priors/jem_small_conv_net_fashion_mnist', 2),
        ('priors/jem_small_resnet_cifar10', 2),
    ],
)
def test_shipped_configs(name, expected):
    config = load_config(str(CONFIGS / f'{name}.py'))
    model = MODELS.build(config.model.get('architecture') or config.model)  # a distillation's student
    network = trained_network(SimpleNamespace(model=model))
    work = config.train_dataloader.batch_size * layer_multiply_adds(network, config.image_shape)
    assert useful_threads(work, 2) == expected


def test_a_run_of_small_networks_takes_one_thread_and_gives_back_the_others(tiny, two_threads):
    ThreadsHook.seen.clear()
    config = tiny(**{'train_cfg.max_iters': 1})
    config.custom_hooks = [dict(type='ThreadsHook')]
    train(config)
    assert ThreadsHook.seen == [1] and torch.get_num_threads() == 2


def test_threads_that_were_chosen_stay(tiny, two_threads, monkeypatch):
    monkeypatch.setattr(threads, 'CHOSEN', True)
    ThreadsHook.seen.clear()
    config = tiny(**{'train_cfg.max_iters': 1})
    config.custom_hooks = [dict(type='ThreadsHook')]
    train(config)
    assert ThreadsHook.seen == [2]
