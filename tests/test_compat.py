"""Every mend of :mod:`genkd_mm.compat`, against the upstream defect that it mends."""

import os
import pickle
import socket
import sys

import numpy as np
import pytest
import torch
from mmengine import hub
from mmengine.config import Config
from mmengine.device import get_device
from mmengine.dist import init_dist, utils
from mmengine.logging import HistoryBuffer, MessageHub
from mmengine.model import MMDistributedDataParallel, MMSeparateDistributedDataParallel
from mmengine.optim import OptimWrapper, OptimWrapperDict
from mmengine.runner.checkpoint import load_state_dict
from mmpretrain.structures import DataSample
from mmrazor.models import DAFLDataFreeDistillation, DataFreeDistillation
from mmrazor.registry import MODELS
from torch import nn

from genkd_mm import compat

cpu_only = pytest.mark.skipif(get_device() != 'cpu', reason='mends what fails without an accelerator')


# ---------------------------------------------------------------- importing mmrazor

IMPORT_ALL = """
import genkd_mm
from mmrazor.utils import register_all_modules
register_all_modules()
from mmrazor.registry import DATASETS, HOOKS, LOOPS, MODELS
for registry, name in ((MODELS, 'DAFLDataFreeDistillation'), (MODELS, 'ConfigurableDistiller'), (MODELS, 'Darts'),
                       (HOOKS, 'StopDistillHook'), (LOOPS, 'EvolutionSearchLoop'), (DATASETS, 'CRDDataset'),
                       (MODELS, 'GenKD')):
    assert name in registry.module_dict, name
print('all registered')
"""


def test_all_of_mmrazor_imports_in_a_fresh_process(run_python):
    process = run_python('-c', IMPORT_ALL)
    assert process.stdout.endswith('all registered\n'), process.stderr


@pytest.mark.parametrize(
    'use',
    [
        lambda name: name(dict()),
        lambda name: name.attribute,
        lambda name: name['native'],
        lambda name: 'x' in name,
        lambda name: list(name),
        lambda name: type('Derived', (name,), {}),
    ],
    ids=['call', 'attribute', 'index', 'in', 'iterate', 'derive'],
)
def test_quantization_name_imports_and_its_use_names_it(use):
    from mmrazor.structures.quantization import QConfigHandler

    with pytest.raises(ImportError, match=r'mmrazor\.structures\.quantization\.QConfigHandler is not available.*torch'):
        use(QConfigHandler)


def test_quantizer_from_config_says_what_is_missing():
    with pytest.raises(ImportError, match='QConfigHandler is not available'):
        MODELS.build(dict(type='OpenVINOQuantizer', global_qconfig=dict()))


# ---------------------------------------------------------------- apply


def mended() -> list:
    """Every function that a mend replaces."""
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
    before, safe_globals = mended(), len(torch.serialization.get_safe_globals())
    compat.apply()
    assert all(one is other for one, other in zip(before, mended()))
    assert not any(hasattr(function.__wrapped__, '__wrapped__') for function in mended())
    assert len(torch.serialization.get_safe_globals()) == safe_globals


# ---------------------------------------------------------------- versions


def install(monkeypatch, **versions: str) -> None:
    monkeypatch.setattr(compat, '_version', {name.replace('_', '-'): v for name, v in versions.items()}.get)


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
    compat.check_mmcv()


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
        compat.check_mmcv()
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
    compat.check_torchvision()


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
        compat.check_torchvision()
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
        compat.check_torchvision()
    assert 'nms does not exist' in one_sentence(error)


# ---------------------------------------------------------------- checkpoints


def test_mmengine_checkpoint_round_trips(tmp_path):
    hub = MessageHub('test_mmengine_checkpoint_round_trips')
    for value in (0.5, 0.25, 3.0):
        hub.update_scalar('train/loss', value)
    infos = dict(
        a=np.float64(1.5),
        b=np.float32(0.1),
        c=np.int64(-7),
        d=np.bool_(True),
        e=np.arange(4),
        f=np.array([0.1, 0.2], dtype=np.float32),
    )
    hub.update_info_dict(infos)
    torch.save(dict(message_hub=hub.state_dict()), tmp_path / 'iter_3.pth')

    loaded = torch.load(tmp_path / 'iter_3.pth', weights_only=True)['message_hub']

    history = loaded['log_scalars']['train/loss']
    assert isinstance(history, HistoryBuffer)
    assert history.data[0].tolist() == [0.5, 0.25, 3.0] and history.data[1].tolist() == [1, 1, 1]
    assert (history.current(), history.max(), history.min(), history.mean()) == (3.0, 3.0, 0.25, 1.25)
    assert history.statistics('mean', 2) == 1.625  # by name: the methods that the pickle holds are the right ones
    for name, value in infos.items():
        assert type(loaded['runtime_info'][name]) is type(value)
        np.testing.assert_array_equal(loaded['runtime_info'][name], value)


def write_file(path) -> None:
    """What the hostile checkpoints would do."""
    path.write_text('hostile')


class Hostile:
    """Pickles as the call of ``function``."""

    def __init__(self, function, *args) -> None:
        self.call = function, args

    def __reduce__(self):
        return self.call


@pytest.mark.parametrize('legacy', [False, True], ids=['zip', 'legacy'])
@pytest.mark.parametrize(
    'make',
    [
        lambda path: Hostile(os.system, f'echo hostile > {path}'),
        lambda path: Hostile(np.ndarray.tofile, np.zeros(3), str(path)),  # a method, which pickles through getattr
        lambda path: Hostile(getattr, HistoryBuffer, '__init__'),
        lambda path: Hostile(getattr, HistoryBuffer, 'register_statistics'),
        lambda path: Hostile(getattr, torch.Tensor, 'mean'),
        lambda path: Hostile(eval, f'open({str(path)!r}, "w")'),
    ],
    ids=['system', 'method', 'dunder', 'other_method', 'other_class', 'eval'],
)
def test_hostile_checkpoint_is_refused_and_does_nothing(tmp_path, make, legacy):
    victim = tmp_path / 'victim'
    torch.save(
        dict(state_dict=dict(weight=make(victim))), tmp_path / 'hostile.pth', _use_new_zipfile_serialization=not legacy
    )
    with pytest.raises((pickle.UnpicklingError, ValueError)):
        torch.load(tmp_path / 'hostile.pth', weights_only=True)
    assert not victim.exists()


# ---------------------------------------------------------------- process groups


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(('127.0.0.1', 0))
        return probe.getsockname()[1]


@pytest.fixture
def launched(monkeypatch):
    """An environment for one rank, given back afterwards; the group that the test starts ends with it."""
    for name, value in dict(
        RANK='7', WORLD_SIZE='9', LOCAL_RANK='7', MASTER_PORT=str(free_port()), MASTER_ADDR='127.0.0.1'
    ).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(torch.multiprocessing, 'set_start_method', lambda method: None)  # init_dist sets it for good
    yield monkeypatch
    if torch.distributed.is_initialized():
        torch.distributed.destroy_process_group()


def assert_one_gloo_rank() -> None:
    assert torch.distributed.get_backend() == 'gloo'
    assert (torch.distributed.get_rank(), torch.distributed.get_world_size()) == (0, 1)
    total = torch.ones(1)
    torch.distributed.all_reduce(total)
    assert total.item() == 1


@cpu_only
def test_torchrun_environment_starts_gloo(launched):
    launched.setenv('RANK', '0')
    launched.setenv('WORLD_SIZE', '1')
    init_dist('pytorch', backend='nccl', timeout=60)
    assert_one_gloo_rank()


@cpu_only
def test_slurm_environment_starts_gloo(launched, tmp_path):
    """The ranks, the port and the first host of the job are handed to torch."""
    scontrol = tmp_path / 'scontrol'
    scontrol.write_text('#!/bin/sh\necho 127.0.0.1\necho node2\n')
    scontrol.chmod(0o755)
    launched.setenv('PATH', f'{tmp_path}{os.pathsep}{os.environ["PATH"]}')
    for name, value in dict(PROCID='0', NTASKS='1', LOCALID='0', NODELIST='node[1-2]').items():
        launched.setenv(f'SLURM_{name}', value)
    launched.delenv('MASTER_ADDR')
    port = free_port()
    init_dist('slurm', backend='nccl', port=port)
    assert_one_gloo_rank()
    assert os.environ['MASTER_PORT'] == str(port) and os.environ['MASTER_ADDR'] == '127.0.0.1'
    assert os.environ['LOCAL_RANK'] == '0'


# ---------------------------------------------------------------- distributed wrappers


class TwoPlayers(nn.Module):
    """Two networks that train, one that does not, and one without parameters."""

    def __init__(self) -> None:
        super().__init__()
        self.generator = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4))
        self.architecture = nn.Linear(4, 2)
        self.teacher = nn.Linear(4, 2).requires_grad_(False)
        self.preprocessor = nn.Flatten()
        self.scale = nn.Parameter(torch.randn(1))


@cpu_only
def test_wrapper_takes_device_ids_on_the_cpu(process_group):
    bare = nn.Linear(3, 2)
    wrapped = MMDistributedDataParallel(module=bare, device_ids=[0], output_device=0, broadcast_buffers=False)
    images = torch.randn(4, 3)
    wrapped(images).sum().backward()
    torch.testing.assert_close(bare.weight.grad, images.sum(0).expand(2, 3))


@cpu_only
def test_separate_wrapper_takes_device_ids_on_the_cpu(process_group):
    wrapped = MMSeparateDistributedDataParallel(TwoPlayers(), device_ids=[0])
    assert isinstance(wrapped.module.generator, MMDistributedDataParallel)
    assert not isinstance(wrapped.module.teacher, MMDistributedDataParallel)
    wrapped.module.architecture(wrapped.module.generator(torch.randn(5, 3))).sum().backward()
    assert wrapped.module.generator.module[0].weight.grad is not None


@cpu_only
def test_separately_wrapped_model_saves_the_names_of_the_bare_model(process_group):
    bare = TwoPlayers()
    expected = {name: value.clone() for name, value in bare.state_dict().items()}
    wrapped = MMSeparateDistributedDataParallel(bare, device_ids=[0])
    found = wrapped.module.state_dict()  # what mmengine's runner saves
    assert found.keys() == expected.keys()
    for name in expected:
        torch.testing.assert_close(found[name], expected[name])
    assert wrapped.state_dict().keys() == {f'module.{name}' for name in expected}


@cpu_only
@pytest.mark.parametrize('wrap', [False, True], ids=['into bare', 'into wrapped'])
def test_separately_wrapped_model_is_restored_by_mmengine(process_group, tmp_path, wrap):
    source = MMSeparateDistributedDataParallel(TwoPlayers(), device_ids=[0])
    torch.save(source.module.state_dict(), tmp_path / 'iter_1.pth')
    target = TwoPlayers()
    network = MMSeparateDistributedDataParallel(target, device_ids=[0]) if wrap else target
    load_state_dict(network, torch.load(tmp_path / 'iter_1.pth', weights_only=True), strict=True)
    for one, other in zip(source.module.parameters(), target.parameters(), strict=True):
        assert torch.equal(one, other)


# ---------------------------------------------------------------- distillers


def test_recorded_features_are_not_overwritten_by_the_activation_after_them(teacher_config, student_config):
    algorithm = MODELS.build(
        dict(
            type='SingleTeacherDistill',
            architecture=student_config,
            teacher=teacher_config,
            distiller=dict(
                type='ConfigurableDistiller',
                student_recorders=dict(norm=dict(type='ModuleOutputs', source='backbone.layer1.0.bn1')),
            ),
        )
    )
    with algorithm.distiller.student_recorders:
        algorithm.student(torch.randn(2, 1, 8, 8))
    assert algorithm.distiller.get_record('norm', from_student=True).min() < 0  # before the ReLU


@cpu_only
def test_a_wrapped_distiller_trains_its_connector(process_group):
    network = nn.Sequential(nn.Linear(3, 3))
    distiller = MODELS.build(
        dict(
            type='ConfigurableDistiller',
            student_recorders=dict(out=dict(type='ModuleOutputs', source='0')),
            teacher_recorders=dict(out=dict(type='ModuleOutputs', source='0')),
            connectors=dict(
                fc=dict(type='TorchNNConnector', module_name='Linear', module_args=dict(in_features=3, out_features=3))
            ),
            distill_losses=dict(loss=dict(type='L2Loss')),
            loss_forward_mappings=dict(
                loss=dict(
                    s_feature=dict(from_student=True, recorder='out', connector='fc'),
                    t_feature=dict(from_student=False, recorder='out'),
                )
            ),
        )
    )
    distiller.prepare_from_student(network)
    distiller.prepare_from_teacher(network)
    with distiller.student_recorders, distiller.teacher_recorders:
        network(torch.randn(4, 3))
    wrapped = MMDistributedDataParallel(distiller, device_ids=[0])
    losses = wrapped(mode='loss')
    assert torch.equal(losses['loss'], distiller.compute_distill_losses()['loss'])
    losses['loss'].backward()
    assert distiller.connectors.fc.func.weight.grad.norm() > 0


@pytest.mark.parametrize('reduction, factor', [('batchmean', 1), ('sum', 2)])
def test_dkd_reduces_as_its_config_says(reduction, factor):
    student, teacher, labels = torch.randn(5, 10), torch.randn(5, 10), torch.randint(10, (5,))
    loss = MODELS.build(dict(type='DKDLoss', tau=2.0, reduction=reduction))
    twice = loss(student.repeat(2, 1), teacher.repeat(2, 1), labels.repeat(2))
    torch.testing.assert_close(twice, factor * loss(student, teacher, labels))


def test_dkd_with_both_weights_one_is_the_formula_of_the_paper():
    """Equation 7: KL of (target, rest) plus KL within the rest, both times tau squared."""
    student, teacher, labels, tau = torch.randn(5, 10), torch.randn(5, 10), torch.randint(10, (5,)), 3.0
    one, other = (logits.div(tau).softmax(1) for logits in (student, teacher))
    rest = torch.ones(5, 10).scatter_(1, labels[:, None], 0).bool()
    pairs = [torch.stack([p[~rest], p[rest].view(5, 9).sum(1)], 1) for p in (one, other)]
    within = [p[rest].view(5, 9) / p[rest].view(5, 9).sum(1, keepdim=True) for p in (one, other)]
    expected = sum((t * (t / s).log()).sum(1).mean() for s, t in (pairs, within)) * tau**2
    loss = MODELS.build(dict(type='DKDLoss', tau=tau))(student, teacher, labels)
    torch.testing.assert_close(loss, expected, rtol=1e-4, atol=1e-5)


def test_soft_cross_entropy_without_mmcls():
    student, teacher = torch.randn(5, 10), torch.randn(5, 10)
    expected = -(teacher.softmax(1) * student.log_softmax(1)).sum(1).mean()
    torch.testing.assert_close(MODELS.build(dict(type='KDSoftCELoss'))(student, teacher), expected)


def test_images_with_equal_features_do_not_blow_up_the_angles():
    loss, teacher = MODELS.build(dict(type='AngleWiseRKD', loss_weight=1.0)), torch.randn(6, 4)
    student = torch.randn(6, 4, requires_grad=True)
    unit = nn.functional.normalize
    vectors, wanted = (unit(unit(x)[None] - unit(x)[:, None], dim=2) for x in (student, teacher))
    expected = nn.functional.smooth_l1_loss(vectors @ vectors.mT, wanted @ wanted.mT)
    torch.testing.assert_close(loss(student, teacher), expected)  # Park et al. 2019, equations 6 and 7
    with torch.no_grad():
        student[1] = student[0]
    loss(student, teacher).backward()
    assert student.grad.isfinite().all() and 0 < student.grad.abs().max() < 10


@pytest.mark.parametrize('reduction', ['mean', 'batchmean'])
def test_slopes_of_the_kl_divergence_are_finite_where_the_teacher_is_sure(reduction):
    student, teacher = torch.randn(4, 3), torch.randn(4, 3)
    losses = [
        MODELS.build(dict(type='KLDivergence', tau=2.0, reduction=reduction, teacher_detach=detach))
        for detach in (True, False)
    ]
    torch.testing.assert_close(losses[0](student, teacher), losses[1](student, teacher))
    teacher = torch.tensor([[500.0, 0.0, -500.0]], requires_grad=True)  # probabilities of 1, 0 and 0 in float32
    losses[1](torch.zeros(1, 3), teacher).backward()
    assert teacher.grad.isfinite().all()


def crd(device: str = 'cpu', loss_weight: float = 1.0) -> torch.Tensor:
    """CRDLoss of four images with a memory of its own, under a seed."""
    torch.manual_seed(0)
    loss = MODELS.build(dict(type='CRDLoss', loss_weight=loss_weight, neg_num=6, sample_n=20, dim_out=8)).to(device)
    features = nn.functional.normalize(torch.randn(2, 4, 8)).to(device)
    samples = [DataSample(sample_idx=torch.tensor(i, device=device)) for i in range(4)]
    return loss(*features, samples)


def test_crd_counts_its_weight():
    torch.testing.assert_close(crd(loss_weight=0.25), 0.25 * crd())


@pytest.mark.skipif(not torch.cuda.is_available(), reason='the negatives and the memory are on one device')
def test_crd_on_a_gpu():
    assert crd('cuda').isfinite().all()


# ---------------------------------------------------------------- the generator's gradients


def kl(loss_weight: float) -> dict:
    """A distiller on the logits; with weight 0 the student learns nothing from it."""
    logits = dict(type='ModuleOutputs', source='head.fc')
    return dict(
        type='ConfigurableDistiller',
        student_recorders=dict(fc=logits),
        teacher_recorders=dict(fc=dict(logits, source='teacher.head.fc')),
        distill_losses=dict(loss_kl=dict(type='KLDivergence', loss_weight=loss_weight, teacher_detach=False)),
        loss_forward_mappings=dict(
            loss_kl=dict(
                preds_S=dict(from_student=True, recorder='fc'), preds_T=dict(from_student=False, recorder='fc')
            )
        ),
    )


@pytest.fixture(params=['generator first', 'student first', 'DAFL'])
def stock_algorithm(request, process_group, teacher_config, student_config):
    """mmrazor's own data-free algorithm, whose generator is trained against the student."""
    for config in (teacher_config, student_config):
        config['backbone'] = dict(config['backbone'], in_channels=3)
    name = 'DAFLDataFreeDistillation' if request.param == 'DAFL' else 'DataFreeDistillation'
    algorithm = MODELS.build(
        dict(
            type=name,
            data_preprocessor=dict(
                type='mmpretrain.ClsDataPreprocessor', mean=[0.0] * 3, std=[1.0] * 3, num_classes=10
            ),
            architecture=student_config,
            teachers=dict(teacher=dict(build_cfg=teacher_config)),
            generator=dict(type='DAFLGenerator', img_size=8, latent_dim=6, hidden_channels=4),
            distiller=kl(0.0),
            generator_distiller=kl(-1.0),
            student_train_first=request.param == 'student first',
        )
    )
    nn.init.normal_(algorithm.student.head.fc.weight)  # logits that differ from the teacher's
    return MMSeparateDistributedDataParallel(algorithm, device_ids=[0])


def steps(model, count: int, accumulative_counts: int = 1) -> None:
    """Train steps with plain gradient descent, so that no gradient means no change."""
    parts = dict(architecture=model.module.student, generator=model.module.generator)
    wrappers = OptimWrapperDict(
        **{
            name: OptimWrapper(
                torch.optim.SGD(part.parameters(), lr=1.0),
                accumulative_counts=accumulative_counts if name == 'architecture' else 1,
            )
            for name, part in parts.items()
        }
    )
    data = dict(inputs=[torch.zeros(3, 8, 8)] * 4, data_samples=[DataSample().set_gt_label(i) for i in range(4)])
    for _ in range(count):
        model.train_step(data, wrappers)


def values(module: nn.Module) -> list[torch.Tensor]:
    return [parameter.detach().clone() for parameter in module.parameters()]


@cpu_only
def test_generator_loss_moves_the_generator_and_not_the_student(stock_algorithm):
    student, generator = stock_algorithm.module.student, stock_algorithm.module.generator
    student_before, generator_before = values(student), values(generator)
    steps(stock_algorithm, 2)
    assert any(not torch.equal(one, other) for one, other in zip(generator_before, values(generator)))
    for before, after in zip(student_before, values(student)):
        assert torch.equal(before, after)


@cpu_only
def test_gradients_that_the_student_accumulated_before_survive(stock_algorithm):
    student = stock_algorithm.module.student
    gradients = [torch.randn_like(parameter) for parameter in student.parameters()]
    for parameter, gradient in zip(student.parameters(), gradients):
        parameter.grad = gradient.clone()
    steps(stock_algorithm, 1, accumulative_counts=4)
    for parameter, gradient in zip(student.parameters(), gradients):
        assert torch.equal(parameter.grad, gradient)


# ---------------------------------------------------------------- configs of mmcls

RESNET = 'resnet/resnet18_8xb16_cifar10.py'


@pytest.fixture
def config_of_mmcls(tmp_path) -> str:
    """A config file that inherits one of mmcls's."""
    path = tmp_path / 'config.py'
    path.write_text(f"_base_ = ['mmcls::{RESNET}']\nmodel = dict(head=dict(topk=(1, )))\n")
    return str(path)


def test_configs_of_mmcls_are_those_of_mmpretrain(config_of_mmcls):
    named = hub.get_config(f'mmpretrain::{RESNET}')
    assert hub.get_config(f'mmcls::{RESNET}').to_dict() == named.to_dict()
    inherited = Config.fromfile(config_of_mmcls).model
    assert inherited['_scope_'] == 'mmpretrain' and inherited.backbone.type == named.model.backbone.type
    assert type(MODELS.build(dict(cfg_path=f'mmcls::{RESNET}', pretrained=False))).__module__.startswith('mmpretrain.')


def test_mmcls_that_is_installed_is_taken(monkeypatch, config_of_mmcls):
    """Without the mend mmengine looks for mmcls itself."""
    monkeypatch.setattr(Config, '_get_cfg_path', staticmethod(Config._get_cfg_path.__wrapped__))
    monkeypatch.setattr(hub, 'get_config', hub.get_config.__wrapped__)
    with monkeypatch.context() as patch:
        patch.setattr(compat.importlib.util, 'find_spec', lambda name: object())
        compat.find_configs_of_mmcls()
    assert not hasattr(hub.get_config, '__wrapped__')
    with pytest.raises(ModuleNotFoundError, match='mmcls is not installed'):
        Config.fromfile(config_of_mmcls)


# ---------------------------------------------------------------- OneDL's forks


def test_a_config_without_a_formatter_needs_no_mend(monkeypatch):
    monkeypatch.delattr(sys.modules['mmengine.config.config'], 'FormatCode', raising=False)
    compat.format_each_config_once()
    assert not hasattr(sys.modules['mmengine.config.config'], 'FormatCode')
