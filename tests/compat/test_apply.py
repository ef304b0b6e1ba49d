"""Patches can be applied twice."""

import torch
from mmengine import hub
from mmengine.config import Config
from mmengine.dist import utils
from mmengine.model import MMDistributedDataParallel, MMSeparateDistributedDataParallel
from mmrazor.models import DAFLDataFreeDistillation, DataFreeDistillation

from genkd_mm import compat


def patched() -> list:
    """Every function that a patch replaces."""
    return [
        utils._init_dist_pytorch,
        utils._init_dist_slurm,
        MMDistributedDataParallel.__init__,
        MMSeparateDistributedDataParallel.__init__,
        DataFreeDistillation.train_step,
        DAFLDataFreeDistillation.train_step,
        Config._get_cfg_path,
        hub.get_config,
        hub.get_model,
    ]


def test_applying_twice_wraps_once():
    before, safe_globals = patched(), len(torch.serialization.get_safe_globals())
    compat.apply()
    assert all(one is other for one, other in zip(before, patched()))
    assert len(torch.serialization.get_safe_globals()) == safe_globals
