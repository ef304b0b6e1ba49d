"""The patch of torch's convolutions, against the kernel that it avoids, on every network that is shipped."""

import json
from pathlib import Path

import pytest
import torch
from mmengine.config import Config
from mmrazor.registry import MODELS
from torch import nn
from torch.nn import functional
from torch.utils._python_dispatch import TorchDispatchMode

from genkd_mm.compat import torch_convolutions

CONFIGS = Path(__file__).parents[2] / 'configs'

# Gradients of each convolution on stdin, in both layouts; a line for each that differs. In two threads, which write
# into each other's memory where the process does not crash. The patch is read from its file: torch is the only import.
COMPARE = """
import json, runpy, sys
import torch
from torch.nn import functional

runpy.run_path(sys.argv[1])['apply']()
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

    for found, wanted in zip(gradients(torch.channels_last), gradients(torch.contiguous_format)):
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
            config = json.loads(description)
            network = MODELS.build(config)
            if hasattr(network, 'latent_dim'):
                network(batch_size=2)
            else:
                channels = config.get('in_channels', shape[0])  # latents have more than the images
                network.to('meta')(torch.empty(2, channels, *shape[1:], device='meta'))
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
    result = run_new_python('-c', COMPARE, torch_convolutions.__file__, input=json.dumps(cases))
    assert (result.returncode, result.stdout) == (0, 'compared\n'), result.stdout + result.stderr


# ---------------------------------------------------------------- what takes the place of the kernel

REWRITTEN = [
    ('conv2d', (2, 3, 9, 8), (5, 3, 1, 1), dict(stride=2)),
    ('conv2d', (2, 3, 9, 8), (5, 3, 1, 1), dict(stride=(1, 3), padding='valid', dilation=2, bias=torch.ones(5))),
    ('conv2d', (3, 9, 8), (5, 3, 1, 1), dict(stride=[2], padding=(0, 0))),
    ('conv1d', (2, 3, 9), (5, 3, 1), dict(stride=2)),
    ('conv_transpose2d', (2, 5, 3, 4), (5, 3, 1, 1), dict(stride=(2, 3), output_padding=(1, 2), bias=torch.ones(3))),
    ('conv_transpose1d', (2, 5, 3), (5, 3, 1), dict(stride=3, output_padding=2)),
]
PASSED_ON = [
    ('conv2d', (2, 16, 8, 8), (5, 16, 1, 1), dict(stride=2)),  # a full block
    ('conv2d', (2, 3, 8, 8), (5, 3, 1, 1), dict()),
    ('conv2d', (2, 3, 8, 8), (5, 3, 3, 3), dict(stride=2, padding=1)),
    ('conv2d', (2, 3, 8, 8), (5, 3, 1, 1), dict(stride=2, padding=1)),
    ('conv2d', (2, 4, 8, 8), (6, 2, 1, 1), dict(stride=2, groups=2)),
    ('conv_transpose2d', (2, 5, 3, 4), (5, 3, 1, 1), dict(stride=2)),
]


def derivatives(convolve, image: tuple, weight: tuple, keywords: dict) -> list[torch.Tensor]:
    """Value, first and second derivatives of a convolution of random numbers, in float64."""
    torch.manual_seed(0)
    inputs = [torch.randn(shape, dtype=torch.float64, requires_grad=True) for shape in (image, weight)]
    keywords = {k: v.double() if isinstance(v, torch.Tensor) else v for k, v in keywords.items()}
    value = convolve(*inputs, **keywords)
    first = torch.autograd.grad((value * torch.randn_like(value)).sum(), inputs, create_graph=True)
    second = torch.autograd.grad(sum((grad * torch.randn_like(grad)).sum() for grad in first), inputs)
    return [value, *first, *second]


@pytest.mark.parametrize(('name', 'image', 'weight', 'keywords'), REWRITTEN + PASSED_ON)
def test_value_and_two_derivatives_are_those_of_the_original(name, image, weight, keywords):
    patched = getattr(functional, name)
    for found, expected in zip(
        derivatives(patched, image, weight, keywords), derivatives(patched.__wrapped__, image, weight, keywords)
    ):
        torch.testing.assert_close(found, expected, rtol=1e-12, atol=1e-12)


class Strides(Convolutions):
    """Whether any convolution within has both a kernel of one pixel and a stride."""

    def strided(self) -> bool:
        cases = [json.loads(line) for line in self.found]
        return any(max(weight[2:]) == 1 and max(keywords['stride']) > 1 for _, _, weight, keywords in cases)


@pytest.mark.parametrize(
    ('case', 'gradients', 'strided'),
    [(case, True, False) for case in REWRITTEN] + [(REWRITTEN[0], False, True), (PASSED_ON[0], True, True)],
)
def test_the_form_changes_where_the_kernel_would_be_reached_and_nowhere_else(case, gradients, strided):
    name, image, weight, keywords = case
    with Strides() as convolutions, torch.set_grad_enabled(gradients):
        getattr(functional, name)(torch.randn(image), torch.randn(weight), **keywords)
    assert convolutions.strided() is strided


def test_modules_and_torchs_own_names_take_the_patched_functions():
    assert torch.conv2d is functional.conv2d and torch.conv_transpose2d is functional.conv_transpose2d
    with Strides() as convolutions:
        nn.Conv2d(3, 8, 1, stride=2)(torch.randn(2, 3, 8, 8))
        nn.ConvTranspose2d(8, 3, 1, stride=2, output_padding=1)(torch.randn(2, 8, 4, 4))
    assert convolutions.found and not convolutions.strided()


def test_a_script_of_a_module_still_compiles():
    module, images = nn.Conv2d(3, 8, 1, stride=2), torch.randn(2, 3, 8, 8)
    torch.testing.assert_close(torch.jit.script(module)(images), module(images))


def test_a_compiled_network_has_one_graph_and_the_same_gradients():
    module, images = nn.Conv2d(3, 8, 1, stride=2), torch.randn(2, 3, 8, 8)
    expected = torch.autograd.grad(module(images).square().sum(), module.weight)[0]
    compiled = torch.compile(module, backend='aot_eager', fullgraph=True)
    with Strides() as convolutions:
        found = torch.autograd.grad(compiled(images).square().sum(), module.weight)[0]
    torch.testing.assert_close(found, expected)
    assert convolutions.found and not convolutions.strided()


@pytest.mark.parametrize('release', [None, (3, 14)])
def test_nothing_is_replaced_without_onednn_or_where_it_has_the_correction(monkeypatch, release):
    original = functional.conv2d.__wrapped__
    monkeypatch.setattr(functional, 'conv2d', original)
    monkeypatch.setattr(torch_convolutions, 'ONEDNN_FIXED', (3, 14))
    monkeypatch.setattr(torch_convolutions, 'onednn_release', lambda: release)
    torch_convolutions.avoid_narrow_strided_convolutions()
    assert functional.conv2d is original


def test_the_release_of_onednn_is_read_from_torchs_build():
    assert torch_convolutions.onednn_release() >= (3, 5) or not torch.backends.mkldnn.is_available()


def test_a_second_call_replaces_nothing():
    before = functional.conv2d
    torch_convolutions.apply()
    assert functional.conv2d is before
