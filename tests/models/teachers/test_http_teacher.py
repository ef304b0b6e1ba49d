"""The client of a teacher that another process serves."""

import threading
import time

import pytest
import torch
from mmrazor.registry import MODELS

from genkd_mm.apis.serve import Served
from genkd_mm.models.teachers.http_teacher import TeacherClient
from genkd_mm.utils import ConfigError, TrainingError

pytest.importorskip('uvicorn')


def probabilities(pixels):
    """Something that depends on every pixel."""
    return (pixels.flatten(1) @ torch.linspace(-1, 1, 64 * 10).view(64, 10) / 100).softmax(1)


SERVED = Served(probabilities, (1, 8, 8), 10)


def build(url, **changes):
    config = dict(type='HTTPTeacher', url=url, num_classes=10, mean=[0.0], std=[1.0], patience=0.2)
    return MODELS.build({**config, **changes})


@pytest.fixture
def pixels():
    return torch.rand(7, 1, 8, 8) * 255


def test_it_answers_as_the_network_in_batches_that_the_server_takes(start_server, pixels):
    sizes = []
    served = SERVED._replace(probabilities=lambda x: sizes.append(len(x)) or probabilities(x))
    teacher = build(start_server(served, batch_limit=3).url)
    assert torch.allclose(teacher(pixels).softmax(1), probabilities(pixels), atol=1e-6)
    assert sizes == [3, 3, 1] and teacher.queries == 7


def test_labels_come_as_labels(start_server, pixels):
    teacher = build(start_server(SERVED, labels_only=True).url)
    assert torch.equal(teacher(pixels).argmax(1), probabilities(pixels).argmax(1))
    assert teacher(pixels).softmax(1).min().item() == pytest.approx(1e-6, rel=1e-4)


def test_it_survives_a_restart_of_the_server(start_server, pixels):
    first = start_server(SERVED)
    teacher = build(first.url, patience=10)
    teacher(pixels)
    first.stop()

    def restart():
        time.sleep(0.3)
        start_server(SERVED, port=first.port)

    thread = threading.Thread(target=restart)
    thread.start()
    others = 255 - pixels
    assert torch.allclose(teacher(others).softmax(1), probabilities(others), atol=1e-6)
    thread.join()


def test_a_server_that_fails_twice_is_asked_a_third_time(start_server, pixels):
    busy = iter([True, True, False])
    served = SERVED._replace(probabilities=lambda x: 1 / 0 if next(busy) else probabilities(x))  # status 500
    teacher = build(start_server(served).url, patience=10)
    assert torch.allclose(teacher(pixels).softmax(1), probabilities(pixels), atol=1e-6)


@pytest.mark.parametrize('token', ['wrong', None])
def test_a_wrong_token_is_one_sentence(start_server, monkeypatch, token):
    server = start_server(SERVED)
    monkeypatch.setenv('GENKD_TEACHER_TOKEN', token) if token else monkeypatch.delenv('GENKD_TEACHER_TOKEN')
    with pytest.raises(ConfigError, match='refuses the token in the environment variable GENKD_TEACHER_TOKEN'):
        build(server.url)


@pytest.mark.parametrize(
    'changes, reason',
    [
        (dict(num_classes=7), 'has 10 classes but num_classes is 7'),
        (dict(url='http://127.0.0.1:9'), 'has given no answer for 0 seconds .ConnectionError'),
        (dict(url='nowhere'), 'HTTPTeacher.url is .nowhere., which cannot be asked'),
    ],
)
def test_a_wrong_server_is_refused_before_training(start_server, changes, reason):
    with pytest.raises(ConfigError, match=reason):
        build(**{'url': start_server(SERVED).url, **changes})


def test_images_of_another_shape_are_not_sent(start_server):
    with pytest.raises(ConfigError, match=r'takes images of shape \[1, 8, 8\] but was given \[3, 8, 8\]'):
        build(start_server(SERVED).url)(torch.zeros(2, 3, 8, 8))


def test_a_server_that_dies_or_is_too_slow_stops_the_run(start_server, pixels):
    slow = SERVED._replace(probabilities=lambda x: time.sleep(0.4) or probabilities(x))
    teacher = build(start_server(slow).url, timeout=0.1)
    with pytest.raises(TrainingError, match='given no answer .*Timeout.*--resume'):
        teacher(pixels)
    server = start_server(SERVED)
    teacher = build(server.url)
    server.stop()
    with pytest.raises(TrainingError, match='given no answer .*ConnectionError.*--resume'):
        teacher(pixels)


def test_answers_that_are_no_probabilities_stop_the_run(start_server, pixels):
    served = SERVED._replace(probabilities=lambda x: torch.randn(len(x), 10))
    with pytest.raises(ConfigError, match='The teacher at http.* expected probabilities'):
        build(start_server(served).url)(pixels)


def test_what_is_no_teacher_is_refused(start_server, monkeypatch):
    client = TeacherClient(start_server(SERVED).url, 'GENKD_TEACHER_TOKEN', 1, 0.1)
    with pytest.raises(ConfigError, match='refuses GET /elsewhere with status 404 .Not Found.'):
        client._request('GET', '/elsewhere')
    monkeypatch.setattr(client, '_request', lambda *args, **kwargs: dict(answers=[[1], [1, 2]]))
    with pytest.raises(ConfigError, match='no array of numbers'):
        client.answers(torch.zeros(2, 1, 8, 8))
    with pytest.raises(ConfigError, match='does not describe itself at /v1/teacher'):
        client.describe()
