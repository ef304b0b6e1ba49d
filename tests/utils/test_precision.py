"""In which precision networks are passed."""

import pytest
import torch

from genkd_mm.utils import ConfigError, Precision, without_tf32
from genkd_mm.utils.precision import multiplies_bfloat16

CPU = torch.device('cpu')


@pytest.mark.parametrize(
    'capabilities, limit, expected',
    [
        (dict(amx_bf16=True, avx512_bf16=True), None, torch.bfloat16),
        (dict(amx_bf16=False, avx512_bf16=True), None, torch.bfloat16),
        (dict(avx512_bf16=True), 'ALL', torch.bfloat16),
        (dict(avx512_bf16=True), 'avx2', torch.float32),  # oneDNN would only emulate it
        (dict(avx512_f=True), None, torch.float32),
    ],
)
def test_auto_is_what_the_processor_multiplies(monkeypatch, capabilities, limit, expected):
    for name in ('ONEDNN_MAX_CPU_ISA', 'DNNL_MAX_CPU_ISA'):
        monkeypatch.delenv(name, raising=False)
    if limit:
        monkeypatch.setenv('ONEDNN_MAX_CPU_ISA', limit)
    monkeypatch.setattr(torch.cpu, 'get_capabilities', lambda: capabilities, raising=False)
    multiplies_bfloat16.cache_clear()
    assert Precision('auto', 'key').dtype(CPU) == expected
    multiplies_bfloat16.cache_clear()


def test_products_are_in_that_precision_and_parameters_stay_float32():
    layer = torch.nn.Linear(4, 4)
    with Precision('bfloat16', 'key').autocast(CPU):
        assert layer(torch.rand(2, 4)).dtype == torch.bfloat16
    with Precision('float32', 'key').autocast(CPU):
        assert layer(torch.rand(2, 4)).dtype == torch.float32
    assert layer.weight.dtype == torch.float32


def test_an_unknown_name_is_refused():
    with pytest.raises(ConfigError, match="sampler.dtype is 'half'; expected auto, float32, bfloat16, float16"):
        Precision('half', 'sampler.dtype')


def tf32_switches() -> list:
    matmul, cudnn = torch.backends.cuda.matmul, torch.backends.cudnn
    if not hasattr(matmul, 'fp32_precision'):
        return [matmul.allow_tf32, cudnn.allow_tf32]
    return [matmul.fp32_precision, cudnn.conv.fp32_precision]


@pytest.mark.parametrize('precision', ['high', 'highest'])
def test_tf32_is_off_inside_and_as_it_was_afterwards(precision):
    before = torch.get_float32_matmul_precision()
    torch.set_float32_matmul_precision(precision)
    switches = tf32_switches()
    with pytest.raises(KeyError), without_tf32():
        assert all(switch in (False, 'ieee') for switch in tf32_switches())
        raise KeyError
    assert tf32_switches() == switches and torch.get_float32_matmul_precision() == precision
    assert torch.backends.cudnn.allow_tf32  # torch's default
    torch.set_float32_matmul_precision(before)
