"""Convolutions of torch whose gradients are wrong; imports nothing of this package, so it can be tried alone."""

import functools
import re
from collections.abc import Callable, Sequence

import torch
from torch import Tensor
from torch.nn import functional

ONEDNN_FIXED: tuple[int, int] | None = None  # the first release of oneDNN with the correction: none has it yet
UNIT = (1, (1,), (1, 1))  # strides of most convolutions, which pass at once
WIDEST_BLOCK = 16  # channels that oneDNN's kernels take at once: 16 with AVX-512, 8 with AVX2


def apply() -> None:
    """Apply the patch."""
    avoid_narrow_strided_convolutions()


def onednn_release() -> tuple[int, int] | None:
    """Release of the oneDNN in this torch, for example ``(3, 10)``; None if torch was built without it."""
    found = re.search(r'(?:MKL-DNN|oneDNN) v(\d+)\.(\d+)', torch.__config__.show())
    return (int(found[1]), int(found[2])) if found and torch.backends.mkldnn.is_available() else None


def is_affected(weight: Tensor, stride: Sequence[int], padding: int | str | Sequence[int], groups: int) -> bool:
    """Whether oneDNN may write the weight gradient of this convolution out of bounds (uxlfoundation/oneDNN #6035).

    The kernel for 1x1 convolutions with a stride reserves too little memory if images or weights are in the
    channels_last layout and fewer channels come in than one block holds. The process crashes or hangs, or the gradient
    is wrong and nothing tells. A probe could corrupt memory, and neither the instruction set in force nor the layout
    that a compiler picks is known here, so every layout counts, and the widest block.

    Args:
        weight (Tensor): Shape (out, in, ...) of a convolution, (in, out, ...) of a transposed one.
        stride (Sequence[int]): One value for each dimension of the image.
        padding (int | str | Sequence[int]): As ``torch.nn.functional.conv2d`` takes it.
        groups (int): Number of groups.
    """
    return (
        max(stride) > 1
        and weight.shape[1] < WIDEST_BLOCK
        and max(weight.shape[2:]) == 1
        and groups == 1
        and padding in (0, (0,), [0], (0, 0), [0, 0], 'valid')
        and weight.device.type == 'cpu'
        and torch.is_grad_enabled()
    )


def _per_dimension(value: int | Sequence[int], dimensions: int) -> tuple[int, ...]:
    """``2``, ``(2,)`` or ``(2, 2)`` -> ``(2, 2)``; any that torch refuses stays as it is."""
    values = (value,) if isinstance(value, int) else tuple(value)
    return values * dimensions if len(values) == 1 else values


def _subsampling(original: Callable, dimensions: int) -> Callable:
    @functools.wraps(original)
    def convolve(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
        if stride not in UNIT and is_affected(weight, _per_dimension(stride, dimensions), padding, groups):
            steps = _per_dimension(stride, dimensions)
            input, stride, padding = input[(..., *(slice(None, None, step) for step in steps))], 1, 0
        return original(input, weight, bias, stride, padding, dilation, groups)

    return convolve


def _spreading(original: Callable, dimensions: int) -> Callable:
    @functools.wraps(original)
    def convolve(input, weight, bias=None, stride=1, padding=0, output_padding=0, groups=1, dilation=1):
        if stride not in UNIT and is_affected(weight, _per_dimension(stride, dimensions), padding, groups):
            steps, added = _per_dimension(stride, dimensions), _per_dimension(output_padding, dimensions)
            if all(a == step - 1 for a, step in zip(added, steps)):  # else another kernel takes it
                pads = [pad for step in reversed(steps) for pad in (0, step - 1)]
                weight, output_padding, dilation = functional.pad(weight, pads), 0, 1
        return original(input, weight, bias, stride, padding, output_padding, groups, dilation)

    return convolve


def avoid_narrow_strided_convolutions() -> None:
    """Give convolutions that :func:`is_affected` names another form of the same value, which other kernels take.

    A 1x1 convolution with a stride is one without on every stride-th pixel; a transposed one is one whose kernel is
    filled up with zeros to the size of the stride. The functions behind torch's modules are replaced, so this
    holds for any network, eager or compiled. All other convolutions pass through.
    """
    release = onednn_release()
    if release is None or (ONEDNN_FIXED is not None and release >= ONEDNN_FIXED):
        return
    for name, rewriting, dimensions in (
        ('conv1d', _subsampling, 1),
        ('conv2d', _subsampling, 2),
        ('conv_transpose1d', _spreading, 1),
        ('conv_transpose2d', _spreading, 2),
    ):
        original = getattr(functional, name)
        if hasattr(original, '__wrapped__'):
            continue
        convolve = rewriting(original, dimensions)
        torch.jit._builtins._register_builtin(convolve, f'aten::{name}')  # scripts go on calling torch's operator
        setattr(functional, name, convolve)
        setattr(torch, name, convolve)
