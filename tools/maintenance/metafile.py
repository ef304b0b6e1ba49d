"""Write configs/**/metafile.yml and model-index.yml, OpenMMLab's index of models, from the summaries in results/."""

import statistics
import sys
from pathlib import Path

import yaml
from benchmark_page import ROOT, given, load  # the file beside this one

COLLECTION = dict(
    Name='GenKD',
    Metadata={'Architecture': ['Energy-based model', 'Langevin chain', 'Policy gradient']},
    Paper=dict(
        Title='Deep Generative Knowledge Distillation by Likelihood Finetuning',
        Journal='IEEE Access 11, 2023, pp. 46441-46453',
    ),
    README='README.md',
)
FORMER = ('digits_equal_time',)  # of configs whose prior has changed since
DATA = dict(
    digits='Digits (scikit-learn)', fashion_mnist='Fashion-MNIST', cifar100='CIFAR-100', cifar10='CIFAR-10', svhn='SVHN'
)


def accuracy(values: list[float]) -> dict:
    """Mean and, of several runs, standard deviation, in percent."""
    metrics = {'Top 1 Accuracy': round(statistics.mean(values), 2)}
    if len(values) > 1:
        metrics['Top 1 Accuracy, Standard Deviation'] = round(statistics.stdev(values), 2)
    return metrics


def result(study: Path, config: str, summaries: list[dict]) -> dict:
    """The entry of one run, all of its seeds together."""
    data = next((title for name, title in DATA.items() if name in Path(config).stem), study.name)
    return dict(
        Task='Image Classification',
        Dataset=data,
        Source=study.relative_to(ROOT).as_posix(),
        Seeds=[summary['seed'] for summary in summaries],
        Metrics=accuracy([summary['student_top1'] for summary in summaries]),
    )


def metafiles() -> dict[Path, str]:
    """The content of each file that the results make: one metafile.yml for each folder of configs, and the index."""
    models: dict[str, dict] = {}
    for study in sorted(path for path in (ROOT / 'results').iterdir() if path.is_dir() and path.name not in FORMER):
        for summaries in load(study).values():
            config = summaries[0]['config']
            if not config.startswith('configs/') or any(summary.get('student_top1') is None for summary in summaries):
                continue  # a study's own config, or the owner's side, which has no student
            model = models.setdefault(config, dict(Name=Path(config).stem, Config=config, Metadata={}, Results=[]))
            model['In Collection'] = 'GenKD'
            model['Metadata'] = {
                'Parameters': summaries[0]['student_params'],
                'Given': given(config),
                'Training Resources': (study / 'hardware.txt').read_text(encoding='utf-8').strip(),
            }
            model['Results'].append(result(study, config, summaries))
    files: dict[Path, dict] = {ROOT / 'configs' / 'metafile.yml': dict(Collections=[COLLECTION], Models=[])}
    for config, model in sorted(models.items()):
        files.setdefault(ROOT / Path(config).parent / 'metafile.yml', dict(Models=[]))['Models'].append(model)
    index = dict(Import=sorted(path.relative_to(ROOT).as_posix() for path in files))
    texts = {
        path: yaml.safe_dump(content, sort_keys=False, allow_unicode=True, width=120)
        for path, content in {**files, ROOT / 'model-index.yml': index}.items()
    }
    return {
        path: f'# Made by `python tools/maintenance/metafile.py` from results/; a test fails when they differ.\n{text}'
        for path, text in texts.items()
    }


if __name__ == '__main__':
    if sys.argv[1:]:
        sys.exit('usage: python tools/maintenance/metafile.py')
    for path, text in metafiles().items():
        path.write_text(text, encoding='utf-8')
        print(f'wrote {path.relative_to(ROOT)}')
