"""The fine-tuning step on two gloo processes."""

from ...processes import run_ranks

SCRIPT = """
import copy
import torch
import torch.distributed as dist
import genkd_mm
from mmengine.model import MMDistributedDataParallel
from mmengine.registry import DefaultScope
from mmrazor.registry import MODELS
from genkd_mm.models.losses import policy_gradient_loss
from genkd_mm.structures import Trajectory

DefaultScope.get_instance('test', scope_name='mmrazor')
dist.init_process_group('gloo')
rank = dist.get_rank()
torch.manual_seed(0)
net = dict(_scope_='mmpretrain', type='ImageClassifier', neck=dict(type='GlobalAveragePooling'),
           backbone=dict(type='mmrazor.SmoothWideResNet', depth=10, widen_factor=1, in_channels=1, base_channels=4),
           head=dict(type='LinearClsHead', num_classes=3, in_channels=16))
generator = MODELS.build(dict(
    type='EBMGenerator', image_shape=(1, 8, 8), energy=dict(type='ClassifierEnergy', classifier=net),
    sampler=dict(type='LangevinSampler', num_steps=4), replay_buffer=dict(type='ReplayBuffer', capacity=30)))
generator.init_weights()
alone = copy.deepcopy(generator)
images, noise = torch.rand(3, 8, 1, 8, 8) * 2 - 1, torch.randn(2, 8, 1, 8, 8)
labels, advantage = torch.arange(8) % 3, torch.randn(2, 8)

def window(part):
    return Trajectory(images[:, part], noise[:, part], torch.ones(2), torch.full((2,), 0.01), torch.full((2,), 0.5),
                      labels[part], images[2, part])

def objective(part):
    return lambda energy: dict(
        loss=policy_gradient_loss('autograd', energy, window(part), advantage[:, part])
        - energy(images[0, part], labels[part]).mean())

wrapped = MMDistributedDataParallel(generator, find_unused_parameters=True)
wrapped(objective=objective(slice(4 * rank, 4 * rank + 4)))['loss'].backward()
objective(slice(0, 8))(alone.energy)['loss'].backward()
for (name, one), other in zip(generator.named_parameters(), alone.parameters()):
    error = (one.grad - other.grad).norm() / other.grad.norm()
    assert error < 1e-5, (name, error)
before = generator.replay_buffer.states.clone()
wrapped.module.sample(torch.arange(2 + rank) % 3)  # the chain never synchronises: ranks may draw different numbers
assert (generator.replay_buffer.states != before).flatten(1).any(1).sum() == 2 + rank
dist.destroy_process_group()
"""


def test_gradients_are_those_of_one_process_with_both_batches(tmp_path):
    script = tmp_path / 'script.py'
    script.write_text(SCRIPT)
    run_ranks(script)
