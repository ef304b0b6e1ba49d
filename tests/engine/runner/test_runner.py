"""What the Runner does to every model."""

import warnings

import torch

from genkd_mm.apis import train
from genkd_mm.utils import unwrapped


def test_models_are_in_channels_last_and_alone_do_not_broadcast(tiny):
    with warnings.catch_warnings():
        warnings.filterwarnings('error', message='Grad strides')  # the wrapper's, if gradients have another layout
        runner = train(tiny())
    model = unwrapped(runner.model)
    for network in (unwrapped(model.student), *model.teachers.values(), unwrapped(model.generator).energy):
        weights = [weight for weight in network.parameters() if weight.dim() == 4]
        assert weights and all(weight.is_contiguous(memory_format=torch.channels_last) for weight in weights)
    assert runner.cfg.model_wrapper_cfg.broadcast_buffers  # for several processes
    assert not model.student.broadcast_buffers and not model.generator.broadcast_buffers
