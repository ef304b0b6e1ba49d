"""mmrazor imports without its quantization, as ``tests/test_main.py`` has it; what names it, says so."""

import pytest
from mmrazor.registry import MODELS


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
