"""Take the student out of a distillation's checkpoint: a config and a checkpoint of mmpretrain, and an ONNX graph."""

from genkd_mm.apis import export
from genkd_mm.apis.arguments import config_parser
from genkd_mm.engine.runner.config import load_config
from genkd_mm.utils import exit_codes


@exit_codes()
def main() -> None:
    """Export, or print one sentence and exit with 2 at bad input."""
    parser = config_parser(__doc__, "config of GenKD, or of any other distillation of mmrazor's")
    parser.add_argument('checkpoint', help='final.pth or iter_N.pth of that config')
    parser.add_argument(
        '--out', required=True, help='folder of student.py, student.pth, model-index.yml and student.onnx'
    )
    parser.add_argument(
        '--onnx', action='store_true', help='write student.onnx too; needs: pip install onnx onnxruntime'
    )
    parser.add_argument(
        '--image-shape',
        nargs=3,
        type=int,
        metavar=('CHANNELS', 'HEIGHT', 'WIDTH'),
        help='of the images, where neither config nor checkpoint tells it',
    )
    parser.add_argument(
        '--channel-order',
        choices=['rgb', 'bgr'],
        help='what the student takes, where the config has no dataset with images that would tell it',
    )
    args = parser.parse_args()
    config = load_config(args.config, args.cfg_options)
    export(config, args.checkpoint, args.out, args.onnx, args.image_shape, args.channel_order)


if __name__ == '__main__':
    main()
