import functools
import http.server
import io
import os
import threading

import pytest
import torch
from mmengine.model import MMSeparateDistributedDataParallel
from torch import nn

from genkd_mm.utils import ConfigError, load_strictly, read_checkpoint

KEY = 'model.teachers.resnet.ckpt_path'


class Hostile:
    """Pickles as a command."""

    def __init__(self, command: str) -> None:
        self.command = command

    def __reduce__(self):
        return os.system, (self.command,)


def saved(content, zipped: bool = True) -> bytes:
    file = io.BytesIO()
    torch.save(content, file, _use_new_zipfile_serialization=zipped)
    return file.getvalue()


def refusal(path) -> str:
    """The sentence with which the file is refused."""
    with pytest.raises(ConfigError) as error:
        read_checkpoint(str(path), KEY)
    text = str(error.value)
    assert KEY in text and str(path) in text
    assert '\n' not in text
    return text


def test_reads_an_address(tmp_path):
    torch.save(dict(state_dict=dict(weight=torch.ones(2))), tmp_path / 'x.pth')
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=str(tmp_path))
    with http.server.ThreadingHTTPServer(('127.0.0.1', 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        address = f'http://127.0.0.1:{server.server_port}'
        assert torch.equal(read_checkpoint(f'{address}/x.pth', KEY)['state_dict']['weight'], torch.ones(2))
        assert '404' in refusal(f'{address}/y.pth')
        server.shutdown()


def test_reads_a_checkpoint(tmp_path):
    state, meta = nn.Linear(3, 2).state_dict(), dict(iter=4)
    torch.save(dict(state_dict=state, meta=meta), tmp_path / 'final.pth')
    checkpoint = read_checkpoint(str(tmp_path / 'final.pth'), KEY)
    assert checkpoint['meta'] == meta
    assert torch.equal(checkpoint['state_dict']['weight'], state['weight'])


def test_reads_a_bare_state_dict(tmp_path):
    state = nn.Linear(3, 2).state_dict()
    torch.save(state, tmp_path / 'weights.pth')
    assert read_checkpoint(str(tmp_path / 'weights.pth'), KEY)['state_dict'].keys() == state.keys()


def test_missing_file(tmp_path):
    assert 'does not exist' in refusal(tmp_path / 'none.pth')


@pytest.mark.parametrize('path', [None, ''])
def test_no_file_named(path):
    with pytest.raises(ConfigError, match=f'{KEY} is {path!r}'):
        read_checkpoint(path, KEY)


@pytest.mark.parametrize(
    'content',
    [
        b'',
        b'hello world\n',
        b'<html>404</html>',
        b'version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 9\n',
    ],
    ids=['empty', 'text', 'html', 'lfs pointer'],
)
def test_file_that_is_no_checkpoint(tmp_path, content):
    (tmp_path / 'file.pth').write_bytes(content)
    assert 'not a readable checkpoint' in refusal(tmp_path / 'file.pth')


@pytest.mark.parametrize('zipped', [True, False], ids=['zip', 'legacy'])
def test_file_cut_short_anywhere(tmp_path, zipped):
    """As a full disk or a broken download leaves it."""
    content = saved(dict(state_dict=nn.Linear(3, 2).state_dict()), zipped)
    for length in range(0, len(content) - 1, len(content) // 60):
        (tmp_path / 'cut.pth').write_bytes(content[:length])
        refusal(tmp_path / 'cut.pth')


def test_hostile_pickle_is_refused_and_does_nothing(tmp_path):
    victim = tmp_path / 'victim'
    torch.save(dict(state_dict=dict(weight=Hostile(f'echo hostile > {victim}'))), tmp_path / 'hostile.pth')
    assert 'not a readable checkpoint' in refusal(tmp_path / 'hostile.pth')
    assert not victim.exists()


def test_not_a_dict(tmp_path):
    torch.save([torch.zeros(2)], tmp_path / 'list.pth')
    assert 'holds a list' in refusal(tmp_path / 'list.pth')


@pytest.fixture
def network() -> nn.Module:
    """Seven parameters and buffers."""
    return nn.Sequential(nn.Linear(3, 2), nn.BatchNorm1d(2))


def test_loads_every_parameter_and_buffer(network):
    other = nn.Sequential(nn.Linear(3, 2), nn.BatchNorm1d(2))
    other(torch.randn(5, 3))  # other running statistics
    load_strictly(network, other.state_dict(), 'final.pth')
    for name, value in other.state_dict().items():
        assert torch.equal(network.state_dict()[name], value)


def test_loads_into_separately_wrapped_networks(process_group, network):
    """As a resumed or tested run has them."""
    target = nn.ModuleDict(dict(net=nn.Sequential(nn.Linear(3, 2), nn.BatchNorm1d(2))))
    state = {f'net.{name}': value for name, value in network.state_dict().items()}
    MMSeparateDistributedDataParallel(target)
    load_strictly(target, state, 'final.pth')
    for name, value in target.state_dict().items():
        assert torch.equal(value.cpu(), state[name])


def without_weight(state: dict) -> dict:
    return {name: value for name, value in state.items() if name not in ('0.weight', '1.running_mean')}


@pytest.mark.parametrize(
    'change, told',
    [
        (without_weight, '2 missing (first: 0.weight)'),
        (lambda state: {**state, 'extra': torch.zeros(1)}, '1 unexpected (first: extra)'),
        (lambda state: {**state, '0.weight': torch.zeros(5, 3)}, '1 of another shape (first: 0.weight)'),
        (
            lambda state: {f'module.{name}': value for name, value in state.items()},
            '7 missing (first: 0.bias), 7 unexpected (first: module.0.bias)',
        ),
    ],
    ids=['missing', 'unexpected', 'other shape', 'prefix'],
)
def test_what_does_not_fit_is_counted_and_nothing_is_loaded(network, change, told):
    before = {name: value.clone() for name, value in network.state_dict().items()}
    state = {name: value + 1 for name, value in before.items()}
    with pytest.raises(ConfigError) as error:
        load_strictly(network, change(state), f'{KEY} (final.pth)')
    text = str(error.value)
    assert text.startswith(f'{KEY} (final.pth) does not fit') and 'of 7 parameters and buffers' in text
    assert told in text and '\n' not in text
    for name, value in network.state_dict().items():
        assert torch.equal(value, before[name])
