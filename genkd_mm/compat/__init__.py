"""Patches for the upstream packages, so that they work together on a current PyTorch.

There is one module for each upstream package. Every function patches one defect, names the upstream report of it where
there is one, can be called twice, and does nothing where upstream is right. ``import genkd_mm`` calls :func:`apply`,
which calls them all in order.
"""

import warnings

from . import mmcv, mmengine, mmpretrain, mmrazor, torch, versions  # noqa: F401


def apply() -> None:
    """Check the installed versions and apply every patch.

    Raises:
        ImportError: If the installed mmcv, or the pair of torch and torchvision, cannot work.
    """
    # mmcv-lite lacks an operator that nothing here uses, and says so at every start.
    warnings.filterwarnings('ignore', message='Fail to import ``MultiScaleDeformableAttention``')
    for package in (mmcv, torch, mmengine, mmpretrain, mmrazor):
        package.apply()
