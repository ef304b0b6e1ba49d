"""Evaluate the student (or the teacher, or the prior's classifier) of a checkpoint on the config's evaluation set."""

from genkd_mm.apis import test
from genkd_mm.apis.arguments import add_launcher, config_parser
from genkd_mm.engine.runner.config import load_config
from genkd_mm.utils import exit_codes


@exit_codes()
def main() -> None:
    """Print the metrics, or one sentence and exit with 2 at bad input."""
    parser = config_parser(__doc__)
    parser.add_argument('checkpoint', help='a checkpoint of that config')
    parser.add_argument('--work-dir', help='where the log goes; default ./work_dirs/CONFIG')
    add_launcher(parser)
    args = parser.parse_args()
    test(load_config(args.config, args.cfg_options, args.work_dir), args.checkpoint, args.launcher)


if __name__ == '__main__':
    main()
