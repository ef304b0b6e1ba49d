"""The index of models says what the results say."""

import importlib
import json
import statistics
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[3]


def test_the_files_are_what_the_results_make(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / 'tools' / 'maintenance'))
    for path, text in importlib.import_module('metafile').metafiles().items():
        assert path.is_file() and path.read_text() == text, f'run: python tools/maintenance/metafile.py ({path})'


def test_every_entry_is_a_config_with_the_mean_of_its_runs():
    index = yaml.safe_load((ROOT / 'model-index.yml').read_text())
    entries = [model for name in index['Import'] for model in yaml.safe_load((ROOT / name).read_text())['Models']]
    assert {entry['Config'] for entry in entries} >= {
        'configs/genkd_digits.py',
        'configs/baselines/prior_digits.py',
        'configs/baselines/noise_digits.py',
    }
    for entry in entries:
        assert (ROOT / entry['Config']).is_file() and Path(entry['Config']).stem == entry['Name']
        for result in entry['Results']:
            runs = [json.loads(path.read_text()) for path in ROOT.glob(f'{result["Source"]}/*_seed*.json')]
            top1 = [run['student_top1'] for run in runs if run['config'] == entry['Config']]
            assert len(top1) == len(result['Seeds'])
            assert abs(statistics.mean(top1) - result['Metrics']['Top 1 Accuracy']) < 0.0051
