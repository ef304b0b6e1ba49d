"""mmrazor imports without its quantization."""

import pytest
from mmrazor.registry import MODELS

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


def test_all_of_mmrazor_imports_in_a_fresh_process(run_new_python):
    process = run_new_python('-c', IMPORT_ALL)
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
