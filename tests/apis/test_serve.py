"""The server: answers to those who may ask, refusals to all others, and nothing that a request can break."""

from pathlib import Path

import pytest
import requests
import torch
from mmengine.config import Config

from genkd_mm.apis import serve_teacher
from genkd_mm.apis.serve import Served, listen, rate_limit, served_checkpoint, served_onnx, teacher_app
from genkd_mm.utils import ConfigError

from ..processes import PythonProcess, environment

pytest.importorskip('uvicorn')
ROOT = Path(__file__).parents[2]
SERVED = Served(lambda pixels: torch.eye(3)[pixels[:, 0, 0, 0].long() % 3], (1, 2, 2), 3)
SECRET = dict(Authorization='Bearer secret')


def body(*first_pixels):
    return b''.join(torch.tensor([first, 0.0, 0.0, 0.0]).numpy().tobytes() for first in first_pixels)


def post(server, data, headers=SECRET):
    return requests.post(f'{server.url}/v1/answers', data=data, headers=headers, timeout=5)


def test_it_tells_what_it_is_and_answers(start_server):
    server = start_server(SERVED, batch_limit=4)
    told = requests.get(f'{server.url}/v1/teacher', headers=SECRET, timeout=5).json()
    assert told == dict(num_classes=3, image_shape=[1, 2, 2], answers='probabilities', batch_limit=4)
    assert post(server, body(1, 0)).json() == dict(answers=[[0, 1, 0], [1, 0, 0]])


def test_labels_only(start_server):
    server = start_server(SERVED, labels_only=True)
    assert requests.get(f'{server.url}/v1/teacher', headers=SECRET, timeout=5).json()['answers'] == 'labels'
    assert post(server, body(2, 0)).json() == dict(answers=[2, 0])


@pytest.mark.parametrize(
    'data, status, reason',
    [
        (body(1)[:-1], 422, '15 bytes are no images: each has 16'),
        (b'', 422, '0 bytes'),
        (body(256), 422, r'not in 0..255'),
        (body(float('nan')), 422, r'not in 0..255'),
        (body(*[1] * 5), 413, 'more than 4 images'),
    ],
)
def test_what_is_no_batch_of_images_is_refused(start_server, data, status, reason):
    asked = []
    server = start_server(SERVED._replace(probabilities=lambda x: asked.append(x)), batch_limit=4)
    response = post(server, data)
    assert (response.status_code, reason in response.json()['detail'], asked) == (status, True, [])


@pytest.mark.parametrize('headers', [{}, dict(Authorization='Bearer other'), dict(Authorization='secret')])
@pytest.mark.parametrize('path', ['teacher', 'answers', 'missing'])
def test_nothing_is_told_without_the_token(start_server, headers, path):
    server = start_server(SERVED)
    ask = requests.get if path == 'teacher' else requests.post
    response = ask(f'{server.url}/v1/{path}', headers=headers, timeout=5)
    assert response.status_code == (404 if path == 'missing' else 401)
    assert response.json() == dict(detail='Not Found' if path == 'missing' else 'wrong token')


def test_the_rate_limit_says_when_to_come_back(start_server):
    server = start_server(SERVED, batch_limit=4, images_per_minute=5)
    assert post(server, body(1, 1, 1, 1)).status_code == 200
    refused = post(server, body(1, 1))
    assert refused.status_code == 429 and 1 <= int(refused.headers['Retry-After']) <= 60
    assert post(server, body(1)).status_code == 200  # a refused request costs nothing


def test_a_minute_later_images_pass_again(monkeypatch):
    now = 1000.0
    monkeypatch.setattr('time.time', lambda: now)
    wait = rate_limit(3)
    assert wait(3) == 0 and 0 < wait(1) <= 60
    now += 60
    assert wait(3) == 0 and rate_limit(None)(10**9) == 0


@pytest.mark.parametrize(
    'changes, reason',
    [
        (dict(token=''), 'The token is empty'),
        (dict(token='x', batch_limit=0), 'batch limit is 0'),
        (dict(token='x', batch_limit=10, images_per_minute=9), 'a rate that lets a whole batch pass'),
    ],
)
def test_limits_that_let_nothing_pass_are_refused(changes, reason):
    with pytest.raises(ConfigError, match=reason):
        teacher_app(SERVED, **changes)


@pytest.fixture
def checkpoint(teacher, teacher_config, tmp_path):
    """A config and a checkpoint of a classifier, as its owner has them."""
    spec = dict(classes=list('0123456789'), image_shape=[1, 8, 8], mean=[77.8], std=[95.9])
    torch.save(dict(state_dict=teacher.state_dict(), data_spec=spec), tmp_path / 'teacher.pth')
    preprocessor = dict(type='mmpretrain.ClsDataPreprocessor', mean=[77.8], std=[95.9])
    config = Config(dict(model=teacher_config, data_preprocessor=preprocessor, default_scope='mmrazor'))
    config.dump(tmp_path / 'teacher.py')
    return config, str(tmp_path / 'teacher.pth')


def test_a_checkpoint_is_served_as_it_is(checkpoint, teacher):
    served, pixels = served_checkpoint(*checkpoint), torch.rand(4, 1, 8, 8) * 255
    with torch.no_grad():
        expected = teacher((pixels - 77.8) / 95.9, mode='tensor').softmax(1)
        assert torch.allclose(served.probabilities(pixels), expected, atol=1e-5)
    assert served[1:] == ((1, 8, 8), 10)


def test_an_onnx_file_is_served_as_it_is(checkpoint, tmp_path):
    pytest.importorskip('onnxruntime')
    from genkd_mm.apis.export_onnx import write_onnx
    from genkd_mm.models.student import read_classifier

    write_onnx(read_classifier(*checkpoint), tmp_path)
    served, pixels = served_onnx(str(tmp_path / 'student.onnx')), torch.rand(4, 1, 8, 8) * 255
    with torch.no_grad():
        expected = served_checkpoint(*checkpoint).probabilities(pixels)
    assert torch.allclose(served.probabilities(pixels), expected, atol=1e-4) and served[1:] == ((1, 8, 8), 10)
    with pytest.raises(ConfigError, match='takes no images of shape'):
        served_onnx(str(tmp_path / 'student.onnx'), (1, 3, 3))


TOOL = str(ROOT / 'tools/serve_teacher.py')


def test_the_tool_serves_until_it_is_told_to_stop(checkpoint, tmp_path):
    command = (TOOL, tmp_path / 'teacher.py', checkpoint[1], '--port', '0')
    process = PythonProcess(*command, env=environment(GENKD_TEACHER_TOKEN='secret'))
    try:
        process.wait_for(lambda: process.output.endswith('\n'))
        told = requests.get(f'{process.output.split()[-1]}/v1/teacher', headers=SECRET, timeout=5).json()
    finally:
        process.process.terminate()
    process.wait(60)  # or fails
    assert told['num_classes'] == 10


def test_a_token_is_needed(checkpoint, tmp_path, monkeypatch):
    monkeypatch.delenv('GENKD_TEACHER_TOKEN', raising=False)
    with pytest.raises(ConfigError, match='The environment variable GENKD_TEACHER_TOKEN is not set'):
        serve_teacher(str(tmp_path / 'teacher.py'), checkpoint[1])


def test_an_address_that_is_taken(start_server):
    with pytest.raises(ConfigError, match='where nothing can listen'):
        listen(teacher_app(SERVED, 'secret'), '127.0.0.1', start_server(SERVED).port)
