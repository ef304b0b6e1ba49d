"""The patch of torch's convolutions, against the kernel that it avoids, on every network that is shipped."""

import json
from pathlib import Path

import pytest
import torch
from mmengine.config import Config
from mmrazor.registry import MODELS
from torch.utils._python_dispatch import TorchDispatchMode

CONFIGS = Path(__file__).parents[2] / 'configs'

# Gradients of each convolution on stdin, in both layouts; a line for each that differs. Three times each and in two
# threads, which write into each other's memory where the process does not crash.
COMPARE = """
import json, sys
import genkd_mm, torch
from torch.nn import functional

torch.set_num_threads(2)
generator = torch.Generator().manual_seed(0)
draw = lambda shape: torch.randn(shape, generator=generator)
for case in json.load(sys.stdin):
    name, image, weight, keywords = case
    call = lambda x, w: getattr(functional, name)(x, w, **keywords)
    x, w = draw(image), draw(weight)
    y = draw(call(x, w).shape)

    def gradients(layout):
        tensors = [t.to(memory_format=layout).requires_grad_() for t in (x, w)]
        return torch.autograd.grad(call(*tensors), tensors, y.to(memory_format=layout))

    expected = gradients(torch.contiguous_format)
    for _ in range(3):
        for found, wanted in zip(gradients(torch.channels_last), expected):
            error = ((found - wanted).norm() / wanted.norm()).item()
            if not error <= 1e-4:
                print('WRONG', case, error)
print('compared')
"""


class Convolutions(TorchDispatchMode):
    """Collects the convolutions of what runs within, as JSON lists of function, shapes and keywords."""

    def __init__(self) -> None:
        super().__init__()
        self.found: set[str] = set()

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        if func is torch.ops.aten.convolution.default:
            x, w, _, stride, padding, dilation, transposed, added, groups = args
            keywords = dict(stride=stride, padding=padding, dilation=dilation, groups=groups)
            name = 'conv_transpose2d' if transposed else 'conv2d'
            keywords |= dict(output_padding=added) if transposed else {}
            self.found.add(json.dumps([name, [2, *x.shape[1:]], list(w.shape), keywords]))
        return func(*args, **(kwargs or {}))


def parts(node):
    """Every dict in a config's model that names a type."""
    if isinstance(node, dict):
        yield from [node] if 'type' in node else []
    if isinstance(node, (dict, list, tuple)):
        for child in node.values() if isinstance(node, dict) else node:
            yield from parts(child)


def shipped_networks() -> set[tuple[str, tuple[int, ...]]]:
    """Every distinct backbone and generator of the configs, as JSON, with the shape of its images."""
    found = set()
    for path in CONFIGS.rglob('*.py'):
        config = Config.fromfile(path)
        for part in parts(config._cfg_dict.to_dict()):
            network = part.get('backbone', part)
            if 'backbone' in part or part['type'] in ('DAFLGenerator', 'ZSKTGenerator'):
                network = {'_scope_': part.get('_scope_', 'mmrazor'), **network}
                found.add((json.dumps(network, sort_keys=True), tuple(config.get('image_shape', ()))))
    return {(network, shape) for network, shape in found if shape}


@pytest.fixture(scope='module')
def shipped_convolutions() -> list:
    with torch.no_grad(), Convolutions() as convolutions:  # without a gradient the patch changes nothing
        for description, shape in shipped_networks():
            network = MODELS.build(json.loads(description))
            if hasattr(network, 'latent_dim'):
                network(batch_size=2)
            else:
                network.to('meta')(torch.empty(2, *shape, device='meta'))
    return [json.loads(line) for line in sorted(convolutions.found)]


def narrow_convolutions() -> list:
    """1x1 convolutions with a stride of every number of channels below a block, at the sizes that overflow."""
    cases = []
    for size in (8, 64):
        for channels in range(1, 17):
            cases.append(['conv2d', [4, channels, size, size], [16, channels, 1, 1], dict(stride=2)])
            image = [4, 16, size // 2, size // 2]
            keywords = dict(stride=2, output_padding=1)
            cases.append(['conv_transpose2d', image, [16, channels, 1, 1], keywords])
    return cases


@pytest.mark.parametrize('instructions', ['AVX2', 'ALL'])
def test_gradients_of_every_shipped_convolution_are_the_same_in_both_layouts(
    shipped_convolutions, run_new_python, monkeypatch, instructions
):
    assert ['conv2d', [2, 8, 8, 8], [16, 8, 1, 1]] in [case[:3] for case in shipped_convolutions]  # the digits student
    monkeypatch.setenv('ONEDNN_MAX_CPU_ISA', instructions)
    cases = shipped_convolutions + narrow_convolutions()
    result = run_new_python('-c', COMPARE, input=json.dumps(cases))
    assert (result.returncode, result.stdout) == (0, 'compared\n'), result.stdout + result.stderr
