"""Measure the signal-to-noise ratio of the estimators of the policy gradient; write JSON, and a plot beside it."""

from genkd_mm.apis.arguments import config_parser
from genkd_mm.apis.benchmark.estimators import measure_prior
from genkd_mm.engine.runner.config import load_config
from genkd_mm.utils import exit_codes


@exit_codes()
def main() -> None:
    """Measure, or print one sentence and exit with 2 at bad input."""
    parser = config_parser(__doc__, 'config of the prior')
    parser.add_argument('checkpoint', help='of the prior')
    parser.add_argument('teacher', help='config of the teacher')
    parser.add_argument('teacher_checkpoint', help='of the teacher')
    parser.add_argument('--out', required=True, help='the JSON file to write')
    parser.add_argument('--starts', type=int, default=240, help='of the chains that are scored, five from each')
    parser.add_argument('--exact', type=int, default=400, help='chains of the exact gradient')
    args = parser.parse_args()
    config = load_config(args.config, args.cfg_options)
    measure_prior(config, args.checkpoint, args.teacher, args.teacher_checkpoint, args.out, args.starts, args.exact)


if __name__ == '__main__':
    main()
