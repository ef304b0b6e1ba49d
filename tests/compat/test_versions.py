"""Installed releases that cannot work are named."""

import sys

import pytest

from genkd_mm import compat


def install(monkeypatch, **versions: str) -> None:
    monkeypatch.setattr(compat.versions, 'version_of', {name.replace('_', '-'): v for name, v in versions.items()}.get)


def one_sentence(error: pytest.ExceptionInfo) -> str:
    text = str(error.value)
    assert '\n' not in text and len(text) < 300
    assert 'pip install' in text  # what to do
    return text


@pytest.mark.parametrize(
    'versions', [dict(mmcv='2.0.0'), dict(mmcv='2.1.0'), dict(mmcv_lite='2.0.1'), dict(mmcv_lite='2.1.0')]
)
def test_mmcv_that_works_passes(monkeypatch, versions):
    install(monkeypatch, **versions)
    compat.mmcv.check_mmcv()


@pytest.mark.parametrize(
    'versions, told',
    [
        (dict(mmcv='2.1.0', mmcv_lite='2.1.0'), 'Both mmcv 2.1.0 and mmcv-lite 2.1.0'),
        (dict(), 'Neither mmcv nor mmcv-lite'),
        (dict(mmcv='2.2.0'), 'mmcv 2.2.0'),
        (dict(mmcv_lite='2.1.1'), '2.1.1'),
        (dict(mmcv='1.7.2'), '1.7.2'),
    ],
)
def test_mmcv_that_cannot_work_is_named(monkeypatch, versions, told):
    install(monkeypatch, **versions)
    with pytest.raises(ImportError) as error:
        compat.mmcv.check_mmcv()
    assert told in one_sentence(error)


@pytest.mark.parametrize(
    'versions',
    [
        dict(torch='2.11.0', torchvision='0.26.0'),
        dict(torch='2.6.0+cpu', torchvision='0.21.1+cpu'),
        dict(torch='2.12.0a0+git1', torchvision='0.27.0a0+git2'),
    ],
)
def test_torchvision_that_fits_passes(monkeypatch, versions):
    install(monkeypatch, **versions)
    compat.torch.check_torchvision()


@pytest.mark.parametrize(
    'versions, told',
    [
        (dict(torch='2.11.0'), 'torch 2.11.0 is installed without torchvision'),
        (dict(torch='2.11.0', torchvision='0.21.0'), 'torch 2.11.0 needs torchvision 0.26 and 0.21.0 is installed'),
        (dict(torch='2.6.0', torchvision='0.26.0'), 'torch 2.6.0 needs torchvision 0.21'),
    ],
)
def test_torchvision_that_does_not_fit_is_named(monkeypatch, versions, told):
    install(monkeypatch, **versions)
    with pytest.raises(ImportError) as error:
        compat.torch.check_torchvision()
    assert told in one_sentence(error)


def test_torchvision_that_does_not_import_is_named(monkeypatch):
    """A CUDA build beside a CPU build of torch: the release fits, the operators do not."""

    class BrokenBuild:
        @staticmethod
        def find_spec(name, *args):
            if name == 'torchvision':
                raise RuntimeError('operator torchvision::nms does not exist')

    install(monkeypatch, torch='2.11.0+cpu', torchvision='0.26.0')
    monkeypatch.delitem(sys.modules, 'torchvision', raising=False)
    monkeypatch.setattr(sys, 'meta_path', [BrokenBuild, *sys.meta_path])
    with pytest.raises(ImportError) as error:
        compat.torch.check_torchvision()
    assert 'nms does not exist' in one_sentence(error)
