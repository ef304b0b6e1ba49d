"""Patches for the names that mmpretrain has taken over from mmcls."""

import functools
import importlib.util
import re


def apply() -> None:
    """Apply every patch of this module."""
    find_configs_of_mmcls()


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
        original = getattr(owner, name)
        if hasattr(original, '__wrapped__'):
            continue

        @functools.wraps(original)
        def find(cfg_path, *args, _original=original, **kwargs):
            return _original(re.sub('^mmcls::', 'mmpretrain::', cfg_path), *args, **kwargs)

        setattr(owner, name, staticmethod(find) if owner is Config else find)
