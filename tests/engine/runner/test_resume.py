"""A run that was stopped comes back as if it had not been."""

import multiprocessing
import signal
import subprocess

import pytest
import torch
from mmengine.hooks import Hook
from mmrazor.registry import HOOKS

from genkd_mm.apis import train
from genkd_mm.engine.runner.config import load_config
from genkd_mm.utils import ConfigError, TrainingError

from ...tiny_run import CONFIGS


@HOOKS.register_module(force=True)
class RaiseSignal(Hook):
    """Sends the process and its workers, as a batch system does, a signal in the middle of an iteration."""

    def __init__(self, at: int, number: int = signal.SIGTERM) -> None:
        self.at, self.number = at, number

    def before_train_iter(self, runner, batch_idx, data_batch=None):
        if runner.iter + 1 == self.at:
            for worker in multiprocessing.active_children():
                # From outside: torch's workers take a signal of their parent for a request, and end without an error.
                subprocess.run(['kill', f'-{self.number:d}', str(worker.pid)], check=True)
            signal.raise_signal(self.number)


def same(one, other, where=''):
    """Whether two nested structures of a checkpoint are equal, bit for bit."""
    if isinstance(one, dict):
        assert one.keys() == other.keys(), where
        for key in one:
            same(one[key], other[key], f'{where}.{key}')
    elif isinstance(one, (list, tuple)):
        assert len(one) == len(other), where
        for index, (a, b) in enumerate(zip(one, other)):
            same(a, b, f'{where}[{index}]')
    elif isinstance(one, torch.Tensor):
        assert torch.equal(one, other), where
    else:
        assert one == other, where


def stopped_and_resumed(make, work, stops, **overrides):
    """The run of ``make(work, **overrides)``, ended by SIGTERM at ``stops`` and resumed after each."""
    for stop in stops:
        config = make(work, **overrides)
        config.custom_hooks = [dict(type='RaiseSignal', at=stop)]
        with pytest.raises(SystemExit) as ended:
            train(config, resume=True)
        assert ended.value.code == 143
        assert not multiprocessing.active_children()  # or the program would not end
        assert (work / f'iter_{stop}.pth').is_file()
    train(make(work, **overrides), resume=True)


def compare(one, other, iteration):
    """Parameters, optimizers, schedules, chains, random states and data position at the end of two runs."""
    checkpoints = [torch.load(work / f'iter_{iteration}.pth', weights_only=True) for work in (one, other)]
    for key in ('state_dict', 'optimizer', 'param_schedulers', 'chains', 'loop', 'positives'):
        assert (key in checkpoints[0]) == (key in checkpoints[1])
        same(checkpoints[0].get(key), checkpoints[1].get(key), key)
    histories = [checkpoint['message_hub']['log_scalars'] for checkpoint in checkpoints]
    tags = [
        {tag for tag in history if tag.startswith(('train/', 'val/')) and not tag.endswith('time')}
        for history in histories
    ]
    assert tags[0] == tags[1]
    for tag in tags[0]:
        assert (histories[0][tag].data[0] == histories[1][tag].data[0]).all(), tag


SCHEDULES = {'train_cfg.max_iters': 5, 'train_cfg.val_interval': 2, 'default_hooks.checkpoint.interval': 5}


@pytest.fixture
def tiny_in(tiny):
    def make(work, **overrides):
        config = tiny(**{**SCHEDULES, **overrides})
        config.work_dir = str(work)
        return config

    return make


@pytest.mark.parametrize(
    'overrides',
    [
        {},
        {
            'model.refresh_interval': 2,
            'default_hooks.policy_gradient.interval': 2,
            'default_hooks.policy_gradient.estimator': 'autograd',
        },
        {'model.cache_teacher': True, 'model.generator.replay_buffer.capacity': 20},
        {
            'default_hooks.policy_gradient.policy_weight': 0,
            'default_hooks.policy_gradient.credit': 'end',
            'default_hooks.policy_gradient.temperature': 0.5,
        },
        {'model.generator.replay_buffer.capacity': 80},  # the prior's hundred chains are thinned out at random
    ],
)
def test_genkd_stopped_ends_as_if_left_alone(tiny_in, tmp_path, overrides):
    train(tiny_in(tmp_path / 'alone', **overrides))
    stopped_and_resumed(tiny_in, tmp_path / 'stopped', (3,) if overrides else (2, 4), **overrides)
    compare(tmp_path / 'alone', tmp_path / 'stopped', 5)


def test_proxy_positives_go_on_where_they_were(tiny_in, tmp_path):
    def make(work):
        config = tiny_in(work)
        config.default_hooks.policy_gradient.positives = dict(
            batch_size=10, num_workers=0, dataset=config.data_train, sampler=dict(type='ResumableSampler')
        )
        return config

    train(make(tmp_path / 'alone'))
    stopped_and_resumed(make, tmp_path / 'stopped', (3,))
    compare(tmp_path / 'alone', tmp_path / 'stopped', 5)


def owner(name, work, workers=0):
    """A short run of the owner's side."""
    config = load_config(
        str(CONFIGS / name),
        {
            'train_cfg.max_iters': 5,
            'train_cfg.val_interval': 2,
            'default_hooks.checkpoint.interval': 5,
            'train_dataloader.batch_size': 300,
            'train_dataloader.num_workers': workers,
            'val_dataloader.dataset.indices': 100,
        },
        str(work),
    )
    config.param_scheduler = dict(type='LinearLR', start_factor=0.1, end=4, by_epoch=False)
    if 'generator' in config.model:
        config.model.generator.sampler.num_steps = 2
        energy = config.model.generator.energy.classifier
        energy.head.in_channels //= energy.backbone.get('base_channels', 16) // 4
        energy.backbone.base_channels = 4
    else:
        config.model.backbone.update(base_channels=4, stem_channels=4)
        config.model.head.in_channels = 32
    return config


@pytest.mark.parametrize(
    'name, workers',
    [('priors/jem_wrn10x1_digits.py', 0), ('teachers/resnet18_digits.py', 0), ('teachers/resnet18_digits.py', 2)],
)
def test_the_owners_side_too_with_augmentation_in_workers(tmp_path, name, workers):
    train(owner(name, tmp_path / 'alone'))  # in the main process: the number of workers makes no difference
    stopped_and_resumed(lambda work: owner(name, work, workers), tmp_path / 'stopped', (3,))
    compare(tmp_path / 'alone', tmp_path / 'stopped', 5)


def test_a_run_of_several_passes_draws_every_image_once_a_pass(tmp_path):
    class Watch(Hook):
        labels = []

        def before_train_iter(self, runner, batch_idx, data_batch=None):
            Watch.labels += [int(sample.gt_label) for sample in data_batch['data_samples']]

    HOOKS.register_module(name='WatchLabels', module=Watch, force=True)
    config = owner('teachers/resnet18_digits.py', tmp_path)
    config.train_cfg.max_iters = 9
    config.train_dataloader.batch_size = 1297 // 4
    config.custom_hooks = [dict(type='WatchLabels')]
    train(config)
    counts = torch.bincount(torch.tensor(Watch.labels[:1297])), torch.bincount(torch.tensor(Watch.labels[1297:2594]))
    assert torch.equal(*counts) and Watch.labels[:1297] != Watch.labels[1297:2594]


def test_ctrl_c_ends_with_130(tiny_in, tmp_path):
    config = tiny_in(tmp_path / 'work')
    config.custom_hooks = [dict(type='RaiseSignal', at=2, number=signal.SIGINT)]
    handler = signal.getsignal(signal.SIGINT)
    with pytest.raises(SystemExit) as ended:
        train(config)
    assert ended.value.code == 130 and (tmp_path / 'work' / 'iter_2.pth').is_file()
    assert not (tmp_path / 'work' / 'final.pth').exists()  # the run has not ended
    assert signal.getsignal(signal.SIGINT) is handler


@pytest.fixture
def interruptible():
    """Python's own handler of SIGINT, also where the tests run in the background, which a shell starts without one."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def test_a_second_signal_is_not_held_back(interruptible, tiny_in, tmp_path):
    config = tiny_in(tmp_path / 'work')
    config.custom_hooks = [dict(type='RaiseSignal', at=2, number=signal.SIGINT)] * 2
    with pytest.raises(KeyboardInterrupt):
        train(config)


def test_a_run_that_failed_leaves_no_handler_to_the_next(interruptible, tiny_in, tmp_path):
    config = tiny_in(tmp_path / 'failed')
    config.default_hooks.divergence_guard.max_events = 0
    config.default_hooks.divergence_guard.max_energy_gap = 1e-9
    with pytest.raises(TrainingError, match='diverged 1 times'):
        train(config)
    test_a_second_signal_is_not_held_back(interruptible, tiny_in, tmp_path)


def test_signals_without_a_hook_that_saves_are_refused(tiny_in, tmp_path):
    config = tiny_in(tmp_path / 'work')
    config.default_hooks.checkpoint = dict(type='CheckpointHook', by_epoch=False, interval=1)
    with pytest.raises(ConfigError, match='no GenKDCheckpointHook'):
        train(config)


def test_a_sampler_that_cannot_be_resumed_is_refused(tiny_in, tmp_path):
    config = tiny_in(tmp_path / 'work')
    config.train_dataloader.sampler = dict(type='InfiniteSampler', shuffle=True)
    with pytest.raises(ConfigError, match="train_dataloader.sampler.type is 'InfiniteSampler', whose position cannot"):
        train(config)


def test_two_checkpoints_are_kept_and_the_pointer_names_the_newest(tiny_in, tmp_path):
    train(tiny_in(tmp_path / 'work', **{'default_hooks.checkpoint.interval': 2}))
    assert sorted(path.name for path in (tmp_path / 'work').glob('iter_*.pth')) == ['iter_4.pth', 'iter_5.pth']
    assert (tmp_path / 'work' / 'last_checkpoint').read_text().endswith('iter_5.pth')


def test_a_finished_run_that_is_resumed_evaluates_once_more(tiny_in, tmp_path):
    first = train(tiny_in(tmp_path / 'work'))
    again = train(tiny_in(tmp_path / 'work'), resume=True)
    figures = [runner.message_hub.get_scalar('val/accuracy/top1').data[0].tolist() for runner in (first, again)]
    assert figures[0] == figures[1] and len(figures[0]) == 3  # at 2, 4 and 5
