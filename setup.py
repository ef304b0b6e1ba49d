"""Puts configs, tools and model-index.yml into the built package as genkd_mm/.mim, where OpenMMLab's mim has them.

Everything else about the package is in setup.cfg. An editable install has the checkout itself and needs no copy.
"""

import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

SHIPPED = ('configs', 'tools', 'model-index.yml')
# They write this repository's own pages and caches.
LEFT_OUT = shutil.ignore_patterns('__pycache__', 'maintenance')


class BuildWithMim(build_py):
    """The usual build, and the copies."""

    def run(self) -> None:
        """Build; a copy that an earlier build has left goes first, so that no deleted config lives on."""
        super().run()
        if self.editable_mode:
            return
        root, target = Path(__file__).parent, Path(self.build_lib, 'genkd_mm', '.mim')
        shutil.rmtree(target, ignore_errors=True)
        target.mkdir(parents=True)
        for name in SHIPPED:
            source = root / name
            if source.is_dir():
                shutil.copytree(source, target / name, ignore=LEFT_OUT)
            else:
                shutil.copy2(source, target / name)


setup(cmdclass=dict(build_py=BuildWithMim))
