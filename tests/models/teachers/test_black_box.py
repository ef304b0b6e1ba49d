"""Teachers that answer: the same interface and the same logits as the network behind them."""

import sys
import types

import numpy as np
import pytest
import torch
from mmpretrain.structures import DataSample
from mmrazor.registry import MODELS
from torch import nn

from genkd_mm.models.student import Student
from genkd_mm.utils import ConfigError

MEAN, STD = [77.8], [95.9]


@pytest.fixture
def normalised():
    """Five images whose pixels are in 0..255, in the classifiers' space."""
    return (torch.rand(5, 1, 8, 8) * 255 - 77.8) / 95.9


@pytest.fixture
def function(teacher, monkeypatch):
    """A module ``owner`` whose function ``probabilities`` is the teacher's; and the sizes of what it was asked."""
    asked = []

    def probabilities(pixels: np.ndarray) -> np.ndarray:
        asked.append(len(pixels))
        with torch.no_grad():
            return teacher((torch.from_numpy(pixels) - 77.8) / 95.9, mode='tensor').softmax(1).numpy()

    module = types.ModuleType('owner')
    module.probabilities, module.number = probabilities, 3
    monkeypatch.setitem(sys.modules, 'owner', module)
    return asked


def callable_teacher(**changes):
    config = dict(
        type='CallableTeacher', function='owner:probabilities', num_classes=10, mean=MEAN, std=STD, floor=1e-12,
        answers='probabilities', **changes,
    )  # fmt: skip
    return MODELS.build(config)


def test_its_logits_are_those_of_the_network_up_to_a_constant(function, teacher, normalised):
    with torch.no_grad():
        expected = teacher(normalised, mode='tensor')
    expected -= expected.mean(1, keepdim=True)
    assert torch.allclose(callable_teacher()(normalised, mode='tensor'), expected, atol=1e-4)


def test_it_predicts_as_a_classifier_and_recorders_see_it_in_every_mode(function, teacher, normalised):
    black_box, seen = callable_teacher(), []
    black_box.logits.register_forward_hook(lambda module, inputs, output: seen.append(output))
    samples = black_box(normalised, [DataSample() for _ in range(5)], mode='predict')
    assert black_box(normalised, mode='loss') == {}
    with torch.no_grad():
        expected = teacher(normalised, mode='predict')
    assert [sample.pred_label.item() for sample in samples] == [sample.pred_label.item() for sample in expected]
    assert torch.allclose(samples[0].pred_score, expected[0].pred_score, atol=1e-5)
    assert len(seen) == 2 and torch.equal(seen[0], seen[1])


def test_no_image_is_asked_about_twice_in_an_iteration(function, normalised, message_hub):
    black_box = callable_teacher(batch_size=2)
    message_hub = type(message_hub).get_current_instance()
    message_hub.update_info('iter', 0)
    first = black_box(normalised[[0, 1, 0, 2]])
    again = black_box(normalised[[2, 3]])
    assert function == [2, 1, 1] and black_box.queries == 4
    assert torch.equal(first[0], first[2]) and torch.equal(first[3], again[0])
    message_hub.update_info('iter', 1)
    black_box(normalised[:1])
    assert black_box.queries == 5


def test_a_gradient_is_refused_and_the_alternative_named(function, normalised):
    with pytest.raises(
        ConfigError, match='owner:probabilities has no gradient .* PolicyGradientHook, or .* ZerothOrderTeacher'
    ):
        callable_teacher()(normalised.requires_grad_(True))
    with torch.no_grad():
        assert callable_teacher()(normalised).shape == (5, 10)


@pytest.mark.parametrize(
    'changes, reason',
    [
        (dict(function='owner:missing'), "'owner:missing', which cannot be imported"),
        (dict(function='nowhere:missing'), 'No module named'),
        (dict(function='owner:number'), 'is no function'),
        (dict(answers='words'), "answers is 'words'; expected one of logits, probabilities, labels"),
        (dict(floor=0.2), 'floor is 0.2'),
    ],
)
def test_arguments_that_do_not_fit(function, changes, reason):
    config = dict(function='owner:probabilities', num_classes=10, mean=MEAN, std=STD, answers='probabilities')
    with pytest.raises(ConfigError, match=reason):
        MODELS.build({'type': 'CallableTeacher', **config, **changes})


def test_fewer_answers_than_images_are_refused(function, normalised, monkeypatch):
    black_box = callable_teacher()
    monkeypatch.setattr(black_box, 'ask', lambda pixels: torch.full((1, 10), 0.1))
    with pytest.raises(ConfigError, match='owner:probabilities gave 1 answers about 5 images; expected as many'):
        black_box(normalised)


def test_answers_that_do_not_fit(function, normalised):
    with pytest.raises(ConfigError, match='owner:probabilities answered with shape .* 7 classes'):
        MODELS.build(
            dict(
                type='CallableTeacher',
                function='owner:probabilities',
                num_classes=7,
                mean=MEAN,
                std=STD,
                answers='logits',
            )
        )(normalised)


class TestONNX:
    @pytest.fixture
    def path(self, teacher, tmp_path):
        """The teacher as tools/export_student.py writes a network."""
        pytest.importorskip('onnxruntime')
        from genkd_mm.apis.export_onnx import write_onnx

        preprocessor = dict(type='mmpretrain.ClsDataPreprocessor', mean=MEAN, std=STD)
        write_onnx(Student(teacher, {}, preprocessor, (1, 8, 8), None, 10, False), tmp_path)
        return tmp_path / 'student.onnx'

    @staticmethod
    def build(path):
        return MODELS.build(dict(type='ONNXTeacher', path=str(path), num_classes=10, mean=MEAN, std=STD))

    def test_its_logits_are_those_of_the_network(self, path, teacher, normalised):
        with torch.no_grad():
            expected = teacher(normalised, mode='tensor')
        assert torch.allclose(self.build(path)(normalised), expected, atol=1e-4)

    def test_a_wrong_file_or_shape_is_refused(self, path, tmp_path):
        with pytest.raises(ConfigError, match='ONNXTeacher.path is .* does not exist'):
            self.build(tmp_path / 'missing.onnx')
        (tmp_path / 'broken.onnx').write_bytes(b'no graph')
        with pytest.raises(ConfigError, match='ONNXTeacher.path is .* which ONNX Runtime cannot load'):
            self.build(tmp_path / 'broken.onnx')
        with pytest.raises(ConfigError, match=r'takes images of shape \(1, 8, 8\) but was given \(3, 8, 8\)'):
            self.build(path)(torch.zeros(2, 3, 8, 8))
        torch.onnx.export(nn.Linear(4, 3), (torch.zeros(2, 4),), tmp_path / 'flat.onnx', dynamo=False)
        with pytest.raises(ConfigError, match=r'flat.onnx., which takes .* \[2, 4\]; expected one float tensor'):
            self.build(tmp_path / 'flat.onnx')
