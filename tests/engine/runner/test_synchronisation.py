"""Between logged iterations a run on a GPU never waits for it; measured on the CPU, where the same operations show."""

from collections import Counter

import pytest
import torch
from torch.overrides import TorchFunctionMode
from torch.profiler import ProfilerActivity, profile

from genkd_mm.apis import train
from genkd_mm.engine.runner import ResumableTrainLoop

from .test_resume import owner

WAITS = ('aten::item', 'aten::_local_scalar_dense', 'aten::nonzero', 'aten::bincount', 'aten::is_nonzero')
# torch's optimizers count their steps on the CPU, and its CPU kernels of std and nanquantile ask for values.
ON_THE_CPU = ('Optimizer.step', 'aten::std', 'aten::nanquantile')


def is_on_the_cpu(event) -> bool:
    return event is not None and (event.name.startswith(ON_THE_CPU) or is_on_the_cpu(event.cpu_parent))


class Reads(TorchFunctionMode):
    """Counts floats that leave torch, which no operation shows. Slots, labels and flags are on the CPU in any run."""

    def __init__(self, counts: Counter) -> None:
        super().__init__()
        self.counts = counts

    def __torch_function__(self, func, types, args=(), kwargs=None):
        if func in (torch.Tensor.tolist, torch.Tensor.numpy, torch.Tensor.cpu) and args[0].is_floating_point():
            self.counts[func.__name__] += 1
        return func(*args, **(kwargs or {}))


@pytest.fixture
def waits(monkeypatch):
    """What would have waited for a GPU in the whole second iteration, hooks included."""
    counts, original = Counter(), ResumableTrainLoop.run_iter

    def run_iter(self, batch):
        if self.iter != 1:
            return original(self, batch)
        with profile(activities=[ProfilerActivity.CPU]) as profiled, Reads(counts):
            original(self, batch)
        events = profiled.events()
        counts['convolutions'] = sum(event.name == 'aten::convolution' for event in events)
        counts.update(event.name for event in events if event.name in WAITS and not is_on_the_cpu(event))

    monkeypatch.setattr(ResumableTrainLoop, 'run_iter', run_iter)
    return counts


def without_looks(config):
    """``config`` without evaluations and what else reads the model now and then."""
    for hook in ('initial_evaluation', 'chain_reward', 'sample_grid'):
        config.default_hooks.pop(hook, None)
    config.val_dataloader = config.val_evaluator = config.val_cfg = None
    return config


@pytest.mark.parametrize(
    'policy_gradient',
    [dict(estimator='finite_difference'), dict(estimator='marginal'), dict(credit='end', temperature=1.0)],
)
def test_an_iteration_between_two_logs_reads_nothing(tiny, waits, policy_gradient):
    config = tiny(
        **{
            'model.student_iter': 4,
            'model.cache_teacher': True,
            'model.generator.replay_buffer.restart_prob': 0.5,
            'model.generator.sampler.guidance': [dict(type='Disagreement', weight=-2.0)],
        }
    )
    config.default_hooks.policy_gradient.update(policy_gradient)
    train(without_looks(config))
    assert waits.pop('convolutions') > 0
    assert not waits


def test_neither_does_one_of_a_prior_whose_chains_restart(tmp_path, waits):
    config = owner('priors/jem_wrn10x1_digits.py', tmp_path)
    config.model.generator.replay_buffer.restart_prob = 0.5
    config.train_dataloader.collate_fn = dict(type='default_collate')  # mmengine's other one asks for sizes, on the CPU
    train(without_looks(config))
    assert waits.pop('convolutions') > 0
    assert not waits
