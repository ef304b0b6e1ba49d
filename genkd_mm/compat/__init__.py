"""Patches for the upstream packages, so they work together on a current PyTorch.

There is one module for each upstream package. Every public function patches one defect, names the upstream report of it
where there is one, can be called twice, and does nothing where upstream is right. ``import genkd_mm`` calls
:func:`apply`, which calls them all in order.
"""

import warnings

from . import mmcv, mmengine, mmpretrain, torch, torch_convolutions, versions  # noqa: F401
from .mmrazor import algorithms, crd, distillers, losses, quantization
from .patching import apply_patches


def apply() -> None:
    """Check the installed versions and apply every patch.

    Raises:
        ImportError: If the installed mmcv, or the pair of torch and torchvision, cannot work.
    """
    # mmcv-lite lacks an operator that nothing here uses, and says so at every start.
    warnings.filterwarnings('ignore', message='Fail to import ``MultiScaleDeformableAttention``')
    for module in (mmcv, torch):
        apply_patches(module)
    torch_convolutions.apply()
    # with the placeholder of quantization the others can import mmrazor
    for module in (mmengine, mmpretrain, quantization, algorithms, distillers, losses, crd):
        apply_patches(module)
