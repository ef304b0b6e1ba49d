"""torch and torchvision: releases that fit each other, and convolutions whose gradients are right."""

import functools
import re
from collections.abc import Callable, Sequence

import torch
from torch import Tensor
from torch.nn import functional

from . import versions

ONEDNN_FIXED: tuple[int, int] | None = None  # the first release of oneDNN with the correction: none has it yet
UNIT = (1, (1,), (1, 1))  # strides of most convolutions, which pass at once
WIDEST_BLOCK = 16  # channels that oneDNN's kernels take at once: 16 with AVX-512, 8 with AVX2


def apply() -> None:
    """Check the versions and apply every patch."""
    check_torchvision()
    avoid_narrow_strided_convolutions()


def check_torchvision() -> None:
    """torchvision's compiled operators fit one torch release only, and a CUDA build does not fit a CPU build.

    Raises:
        ImportError: If torchvision is missing, of another release than torch, or does not import beside it.
    """
    torch_version, vision_version = versions.version_of('torch'), versions.version_of('torchvision')
    advice = 'install the two as a pair, for example: pip install torch==2.11.0 torchvision==0.26.0'
    if vision_version is None:
        raise ImportError(f'torch {torch_version} is installed without torchvision; {advice}')
    torch_release, vision_release = versions.release_of(torch_version), versions.release_of(vision_version)
    if torch_release[0] == 2 and vision_release[:2] != (0, torch_release[1] + 15):
        raise ImportError(
            f'torch {torch_version} needs torchvision 0.{torch_release[1] + 15} '
            f'and {vision_version} is installed; {advice}'
        )
    try:
        import torchvision  # noqa: F401
    except (RuntimeError, OSError) as error:
        raise ImportError(
            f'torchvision {vision_version} does not import beside torch {torch_version} ({error}); {advice}'
        ) from error


def onednn_release() -> tuple[int, int] | None:
    """Release of the oneDNN in this torch, for example ``(3, 10)``; None if torch was built without it."""
    found = re.search(r'(?:MKL-DNN|oneDNN) v(\d+)\.(\d+)', torch.__config__.show())
    return (int(found[1]), int(found[2])) if found and torch.backends.mkldnn.is_available() else None


def is_affected(weight: Tensor, stride: Sequence[int], padding: int | str | Sequence[int], groups: int) -> bool:
    """Whether oneDNN may write the weight gradient of this convolution out of bounds (uxlfoundation/oneDNN #6035).

    The kernel of 1x1 convolutions with a stride reserves too little memory if images or weights are channels_last
    and fewer channels come in than one block holds. The process crashes or hangs, or the gradient is wrong and
    nothing tells. A probe could corrupt memory, and the instruction set in force and the layout that a compiler picks
    are not known here, so that every layout counts, and the widest block.

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
    filled up with zeros to the size of the stride. The functions behind torch's modules are replaced, so that this
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
