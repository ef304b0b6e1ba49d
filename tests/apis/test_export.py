"""A student that leaves its distillation: what mmpretrain and ONNX Runtime make of it."""

import importlib.util
import json
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmengine.registry import DefaultScope
from mmrazor.registry import MODELS

from genkd_mm.apis import export_onnx
from genkd_mm.apis.export import INDEX, exported_pipeline, load_exported, write_student
from genkd_mm.engine.runner.config import load_config
from genkd_mm.models.student import read_student
from genkd_mm.utils import ConfigError

ROOT = Path(__file__).parents[2]
SMALL = {
    'model.architecture.backbone.base_channels': 4,
    'model.architecture.backbone.stem_channels': 4,
    'model.architecture.head.in_channels': 32,
}
SMALL_X4 = SMALL | {'model.architecture.head.in_channels': 16}
# Another process, which has mmpretrain: the scores of the files, and what it has imported of ours until then.
INFER = """
import json, pathlib, sys
from mmpretrain import ImageClassificationInferencer
for folder in ('grey', 'colour'):
    infer = ImageClassificationInferencer(f'{folder}/student.py', pretrained=f'{folder}/student.pth')
    found = infer(sorted(map(str, pathlib.Path(folder).glob('*.png'))), batch_size=2)
    pathlib.Path(folder, 'found.json').write_text(json.dumps(dict(
        scores=[f['pred_scores'].tolist() for f in found], classes=[f['pred_class'] for f in found],
        imported=[name for name in ('genkd_mm', 'mmrazor') if name in sys.modules])))
"""


def options(overrides: dict) -> list[str]:
    """As the command line has them."""
    return [f'{key}={value}' for key, value in overrides.items()]


def trained(config: Config, path: Path, prefix: str = 'architecture.', **others):
    """Write a checkpoint of a distillation whose student has random weights and statistics; returns the student."""
    torch.manual_seed(3)
    student = MODELS.build(config.model.architecture)
    student.init_weights()
    for module in student.modules():
        if hasattr(module, 'running_var'):
            module.running_mean.normal_()
            module.running_var.uniform_(0.5, 1.5)
    state = {f'{prefix}{name}': value for name, value in student.state_dict().items()}
    torch.save(dict(state_dict={**state, 'generator.energy.weight': torch.zeros(1)}, **others), path)
    return student.eval()


def pictures(folder: Path, shape: tuple[int, int, int], number: int = 3) -> torch.Tensor:
    """Writes PNG files; returns the same as RGB or grey pixels (N, C, H, W)."""
    pixels = torch.randint(0, 256, (number, *shape), dtype=torch.uint8)
    for index, image in enumerate(pixels):  # OpenCV writes BGR; of one channel the flip changes nothing
        cv2.imwrite(str(folder / f'{index}.png'), image.flip(0).permute(1, 2, 0).numpy())
    return pixels


def normalised(config: Config, pixels: torch.Tensor) -> torch.Tensor:
    """As the training of these configs sees it."""
    mean, std = (torch.tensor(config.model.data_preprocessor[name]).view(-1, 1, 1) for name in ('mean', 'std'))
    return (pixels - mean) / std


@pytest.fixture
def digits(tmp_path):
    """The config of the digits with a small student, and that student; ``tmp_path`` holds its checkpoint."""
    config = load_config(str(ROOT / 'configs/genkd_digits.py'), SMALL)
    return config, trained(config, tmp_path / 'final.pth')


@pytest.fixture
def tool(monkeypatch, tmp_path):
    """The tool in this process, in ``tmp_path``."""
    spec = importlib.util.spec_from_file_location('export_student', ROOT / 'tools/export_student.py')
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.chdir(tmp_path)

    def call(*arguments):
        monkeypatch.setattr('sys.argv', ['export_student.py', *map(str, arguments)])
        module.main()

    return call


def test_mmpretrain_infers_from_image_files(digits, tool, run_new_python, tmp_path, capsys):
    """Without this package where the network is mmpretrain's, with it where the backbone is ours; colours in order."""
    path = ROOT / 'configs/genkd_cifar10_resnet32x4_resnet8x4.py'
    colour = load_config(str(path), SMALL_X4)
    students = dict(grey=digits, colour=(colour, trained(colour, tmp_path / 'colour.pth')))
    tool(ROOT / 'configs/genkd_digits.py', 'final.pth', '--out', 'grey', '--cfg-options', *options(SMALL))
    assert 'Images 1x8x8, 10 classes; needs mmpretrain alone' in capsys.readouterr().out
    tool(path, 'colour.pth', '--out', 'colour', '--cfg-options', *options(SMALL_X4))
    assert 'Images 3x32x32, 10 classes; needs genkd_mm, for CIFARResNet' in capsys.readouterr().out
    pixels = {
        name: pictures(tmp_path / name, shape) for name, shape in dict(grey=(1, 8, 8), colour=(3, 32, 32)).items()
    }
    done = run_new_python('-c', INFER, cwd=tmp_path)
    assert done.returncode == 0, done.stderr[-3000:]
    found = {name: json.loads((tmp_path / name / 'found.json').read_text()) for name in students}
    assert found['grey']['imported'] == [] and 'genkd_mm' in found['colour']['imported']
    for name, (config, student) in students.items():
        with torch.no_grad():
            expected = student(normalised(config, pixels[name])).softmax(1)
        np.testing.assert_allclose(found[name]['scores'], expected.numpy(), rtol=0, atol=1e-6)
        names = list('0123456789') if name == 'grey' else config_classes('CIFAR10')
        assert found[name]['classes'] == [names[label] for label in expected.argmax(1)]


def config_classes(name: str) -> list[str]:
    from mmpretrain.registry import DATASETS

    return DATASETS.get(f'mmpretrain.{name}').METAINFO['classes']


def test_what_mmpretrain_loads_is_the_student_bit_for_bit(digits, tmp_path):
    config, student = digits
    loaded = write_student(config, read_student(config, str(tmp_path / 'final.pth')), tmp_path / 'out')
    again = load_exported(tmp_path / 'out')
    for network in (loaded, again):
        assert network.state_dict().keys() == student.state_dict().keys()
        assert all(torch.equal(value, student.state_dict()[name]) for name, value in network.state_dict().items())
    pixels = torch.randint(0, 256, (5, 1, 8, 8), dtype=torch.uint8)
    with torch.no_grad():
        assert torch.equal(
            again(again.data_preprocessor(dict(inputs=pixels))['inputs']), student(normalised(config, pixels))
        )
    assert again._dataset_meta['classes'] == list('0123456789')


def test_inference_model_finds_the_student_by_its_name(digits, tool, tmp_path, monkeypatch, capsys):
    from mmpretrain import inference_model
    from mmpretrain.apis import ModelHub

    config, student = digits
    tool(ROOT / 'configs/genkd_digits.py', 'final.pth', '--out', 'out', '--cfg-options', *options(SMALL))
    assert f'{INDEX}: the name genkd_digits_student for' in capsys.readouterr().out
    pixels = pictures(tmp_path, (1, 8, 8), 1)
    monkeypatch.chdir(ROOT)  # from any folder
    monkeypatch.setattr(ModelHub, '_models_dict', {})  # which other tests may have registered the name in
    ModelHub.register_model_index(tmp_path / 'out' / INDEX)
    with DefaultScope.overwrite_default_scope('mmpretrain'):  # as in a program that has mmpretrain alone
        found = inference_model('genkd_digits_student', str(tmp_path / '0.png'))
    with torch.no_grad():
        expected = student(normalised(config, pixels)).softmax(1)[0]
    np.testing.assert_allclose(found['pred_scores'], expected.numpy(), rtol=0, atol=1e-6)
    assert found['pred_class'] == str(expected.argmax().item())


def test_an_export_that_is_not_the_student_is_not_written(digits, tmp_path):
    config, _ = digits
    student = read_student(config, str(tmp_path / 'final.pth'))
    student.architecture['backbone']['strides'] = (1, 1, 2, 2)  # the parameters fit, the network is another
    with pytest.raises(ConfigError, match='is not the student: for 8 random images it gives other logits'):
        write_student(config, student, tmp_path / 'out')
    assert not (tmp_path / 'out').exists()


def test_nothing_of_the_training_is_in_the_files(digits, tmp_path):
    config, _ = digits
    config.model.architecture.init_cfg = dict(type='Pretrained', checkpoint='/secret/pretrained.pth')
    write_student(config, read_student(config, str(tmp_path / 'final.pth')), tmp_path / 'out')
    text = (tmp_path / 'out/student.py').read_text()
    assert not any(word in text for word in ('secret', 'teacher', 'work_dirs', str(ROOT), str(tmp_path)))
    content = torch.load(tmp_path / 'out/student.pth', weights_only=True)
    assert content.keys() == {'state_dict', 'meta'} and content['meta'].keys() == {'dataset_meta'}


def test_a_config_of_mmrazors_own_distillation(tmp_path):
    config = load_config(str(ROOT / 'configs/offline/kd_digits.py'), SMALL)
    # as mmrazor saves it without this package: the names of the distributed wrapper are in it
    trained(config, tmp_path / 'iter_1.pth', 'architecture.module.')
    student = read_student(config, str(tmp_path / 'iter_1.pth'))
    write_student(config, student, tmp_path / 'out')
    assert student.image_shape == (1, 8, 8) and student.classes == list('0123456789')


def test_a_student_that_the_config_names_by_its_path(tmp_path):
    config = load_config(str(ROOT / 'configs/genkd_cifar10.py'))
    config.model.architecture = dict(cfg_path='mmpretrain::resnet/resnet18_8xb16_cifar10.py', pretrained=False)
    trained(config, tmp_path / 'final.pth')
    student = read_student(config, str(tmp_path / 'final.pth'))
    write_student(config, student, tmp_path / 'out')
    assert Config.fromfile(tmp_path / 'out/student.py').model.backbone.type == 'ResNet_CIFAR'
    assert student.classes == list(config_classes('CIFAR10'))


def test_images_that_training_read_as_bgr_stay_bgr(digits, tmp_path):
    config = load_config(str(ROOT / 'configs/genkd_cifar10.py'), SMALL)
    config.val_dataloader.dataset.pipeline = [
        dict(type='mmpretrain.LoadImageFromFile'),
        dict(type='mmpretrain.CenterCrop', crop_size=32),
        dict(type='mmpretrain.PackInputs'),
    ]
    trained(config, tmp_path / 'final.pth')
    student = read_student(config, str(tmp_path / 'final.pth'))
    write_student(config, student, tmp_path / 'out')  # which compares with files in BGR
    assert student.bgr and not Config.fromfile(tmp_path / 'out/student.py').model.data_preprocessor.to_rgb
    config.model.data_preprocessor.to_rgb = True
    student = read_student(config, str(tmp_path / 'final.pth'))
    write_student(config, student, tmp_path / 'out')
    exported = Config.fromfile(tmp_path / 'out/student.py')
    assert not student.bgr and exported.model.data_preprocessor.to_rgb
    assert [step.type for step in exported.test_dataloader.dataset.pipeline] == [
        'LoadImageFromFile',
        'CenterCrop',
        'PackInputs',
    ]


def test_grey_files_come_through_the_pipeline_as_they_are(digits, tmp_path):
    from mmengine.dataset import Compose
    from mmpretrain.registry import TRANSFORMS

    with DefaultScope.overwrite_default_scope('mmpretrain'):
        pipeline = [TRANSFORMS.build(step) for step in exported_pipeline(digits[0], (1, 16, 16))]
    image = np.arange(256, dtype=np.uint8).reshape(16, 16)
    cv2.imwrite(str(tmp_path / 'grey.png'), image)
    in_colour = Compose(pipeline[1:])(dict(img=cv2.imread(str(tmp_path / 'grey.png'))))  # mmpretrain's inferencer
    by_itself = Compose(pipeline)(dict(img_path=str(tmp_path / 'grey.png')))
    for item in (in_colour, by_itself):
        assert item['inputs'].dtype == torch.uint8 and (item['inputs'][0].numpy() == image).all()


def test_the_graph_takes_pixels_and_any_number_of_images(digits, tmp_path):
    ort = pytest.importorskip('onnxruntime')
    onnx = pytest.importorskip('onnx')
    config, student = digits
    assert export_onnx.write_onnx(read_student(config, str(tmp_path / 'final.pth')), tmp_path / 'out') < 1e-4
    session = ort.InferenceSession(tmp_path / 'out/student.onnx')
    for number in (1, 7):
        pixels = torch.randint(0, 256, (number, 1, 8, 8)).float()
        (found,) = session.run(['logits'], dict(images=pixels.numpy()))
        with torch.no_grad():
            expected = student(normalised(config, pixels))
        assert found.shape == (number, 10) and expected.abs().max() > 0.01
        np.testing.assert_allclose(found, expected.numpy(), rtol=0, atol=1e-4)
    proto = onnx.load(tmp_path / 'out/student.onnx')
    assert proto.opset_import[0].version >= 17
    assert session.get_modelmeta().custom_metadata_map == dict(
        channels='grey', range='0..255', classes=json.dumps(list('0123456789'))
    )


def test_a_graph_that_differs_is_not_written(digits, tmp_path, monkeypatch):
    pytest.importorskip('onnxruntime')
    pytest.importorskip('onnx')
    monkeypatch.setattr(export_onnx, 'TOLERANCE', 0.0)
    with pytest.raises(ConfigError, match="differ from torch's by up to"):
        export_onnx.write_onnx(read_student(digits[0], str(tmp_path / 'final.pth')), tmp_path / 'out')
    assert not (tmp_path / 'out').exists()


def test_a_missing_package_is_named_before_any_work(monkeypatch):
    monkeypatch.setattr('importlib.util.find_spec', lambda name: None if name.startswith('onnx') else object())
    with pytest.raises(ConfigError, match='--onnx needs onnx and onnxruntime.*run: pip install onnx onnxruntime$'):
        export_onnx.require_onnx()


@pytest.mark.parametrize(
    'change, words',
    [
        (
            dict(model=dict(data_preprocessor=dict(type='mmpretrain.SelfSupDataPreprocessor'))),
            'data_preprocessor.type is SelfSupDataPreprocessor',
        ),
        (dict(model=dict(data_preprocessor=dict(mean=None))), 'gives no mean and std'),
        (dict(model=dict(architecture=dict(head=dict(num_classes=7)))), 'does not fit the model in the config'),
        (dict(model=dict(generator=None), image_shape=None), 'add --image-shape CHANNELS HEIGHT WIDTH'),
        (dict(image_shape=(3, 8, 8)), 'The student does not take images of shape .3, 8, 8.'),
    ],
)
def test_bad_input(digits, tmp_path, change, words):
    config, _ = digits
    config.merge_from_dict(change)
    with pytest.raises(ConfigError, match=words):
        read_student(config, str(tmp_path / 'final.pth'))


def test_a_file_without_a_student_is_one_sentence_and_exit_code_2(digits, tool, tmp_path, capsys):
    torch.save(dict(state_dict={'backbone.weight': torch.zeros(1)}), tmp_path / 'teacher.pth')
    with pytest.raises(SystemExit, match='^2$'):
        tool(ROOT / 'configs/genkd_digits.py', 'teacher.pth', '--out', 'out')
    assert capsys.readouterr().err.startswith('error: teacher.pth holds no student')
    assert not (tmp_path / 'out').exists()
