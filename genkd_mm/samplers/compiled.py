"""torch.compile for the energy's passes in the chain, where it can be used."""

import logging
from collections.abc import Callable

import torch
from mmengine.logging import print_log
from torch import Tensor, nn

from ..utils import Precision


def compiled_energy(
    energy: nn.Module, images: Tensor, labels: Tensor | None, precision: Precision
) -> Callable[[Tensor, Tensor | None], Tensor]:
    """``energy`` compiled; itself, with the reason in the log, if a trial pass shows that it cannot be.

    Pointwise operations are fused. Each new batch size is compiled anew, which takes seconds to a minute.

    Args:
        energy (nn.Module): Maps images and labels to f, shape (N,); its parameters take no gradient.
        images (Tensor): A batch to try it on, shape (N, C, H, W).
        labels (Tensor, optional): Its classes, shape (N,).
        precision (Precision): As the chain passes the network.
    """
    compiled = torch.compile(energy, dynamic=False)
    trial = images.detach().requires_grad_(True)
    try:
        with torch.enable_grad(), precision.autocast(images.device):
            torch.autograd.grad(compiled(trial, labels).sum(), trial)
    except Exception as error:  # compilers fail in any way
        reason = ' '.join(str(error).split())[:200]
        print_log(
            f'sampler.compile: torch.compile cannot be used here ({type(error).__name__}: {reason}); the chain '
            'runs without it',
            'current',
            logging.WARNING,
        )
        return energy
    return compiled
