import pytest
from mmengine.config import Config

from genkd_mm.utils.settings import find, setting


@pytest.mark.parametrize('kind', [dict, Config])
def test_values_are_found_in_dicts_lists_and_configs(kind):
    config = kind(dict(model=dict(parts=[dict(width=3), None]), name='x'))
    assert setting(config, 'model.parts.0.width') == find(config, ['model', 'parts', '0', 'width']) == 3
    assert setting(config, 'model.parts.1') is None and find(config, ['model', 'parts', '1']) is None
    for key in ('model.depth', 'model.parts.2', 'model.parts.x', 'name.length', 'model.parts.1.width'):
        assert setting(config, key) is None
        with pytest.raises(LookupError):
            find(config, key.split('.'))
