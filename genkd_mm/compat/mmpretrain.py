"""Patches for the names that mmpretrain has taken over from mmcls."""

import importlib.util
import re
from typing import Any

from .patching import patches


def find_configs_of_mmcls() -> None:
    """mmrazor's configs name configs of mmcls, which mmpretrain has replaced. mmengine stops there, or installs mmcls
    unasked, whose releases do not run beside mmrazor's mmcv (mmrazor #549, #602).

    ``mmcls::x`` is read as ``mmpretrain::x``, unless mmcls is installed.
    """
    from mmengine import hub
    from mmengine.config import Config

    if importlib.util.find_spec('mmcls') is not None:
        return
    for owner, name in ((Config, '_get_cfg_path'), (hub, 'get_config'), (hub, 'get_model')):

        @patches(owner, name)
        def find(original, cfg_path, *args, **kwargs) -> Any:
            return original(re.sub('^mmcls::', 'mmpretrain::', cfg_path), *args, **kwargs)
