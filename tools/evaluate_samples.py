"""Measure the quality of a folder of samples: tools/sample.py's, or images of any other model."""

from genkd_mm.apis import evaluate_samples
from genkd_mm.apis.arguments import config_parser
from genkd_mm.engine.runner.config import load_config
from genkd_mm.utils import exit_codes


@exit_codes()
def main() -> None:
    """Measure, or print one sentence and exit: 2 at bad input, 1 if a file cannot be written."""
    parser = config_parser(__doc__, 'config of a distillation, whose first teacher judges the samples')
    parser.add_argument('samples', help='folder of tools/sample.py, or of images, with one sub-folder a class or none')
    parser.add_argument(
        '--data',
        nargs='?',
        const='data_train',
        metavar='KEY',
        help='compare with the real dataset under this key of the config; data_train if no key is named; without '
        '--data no dataset is opened',
    )
    parser.add_argument(
        '--inception',
        metavar='WEIGHTS',
        help="take features from Inception-v3 with torch-fidelity's weight file, as published FIDs do, instead of the "
        'teacher',
    )
    parser.add_argument('--out', help='folder of quality.json and pictures; default ./work_dirs/quality/SAMPLES')
    args = parser.parse_args()
    config = load_config(args.config, args.cfg_options)
    evaluate_samples(config, args.samples, args.out, args.data, args.inception)


if __name__ == '__main__':
    main()
