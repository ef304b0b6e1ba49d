"""Take the student out of a distillation's checkpoint: a config and a checkpoint of mmpretrain, and an ONNX graph."""

import argparse
from pathlib import Path

from mmengine.config import DictAction
from mmengine.registry import DefaultScope

import genkd_mm  # noqa: F401  (applies genkd_mm.compat, registers the components)
from genkd_mm.apis.export import CHECKPOINT, CONFIG, INDEX, foreign_classes, model_name, write_student
from genkd_mm.apis.export_onnx import GRAPH, require_onnx, write_onnx
from genkd_mm.engine.runner.config import load_config
from genkd_mm.models.student import read_student
from genkd_mm.utils import exit_codes


def parse_args() -> argparse.Namespace:
    """Which student, and where to."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('config', help="config of GenKD, or of any other distillation of mmrazor's")
    parser.add_argument('checkpoint', help='final.pth or iter_N.pth of that config')
    parser.add_argument('--out', required=True, help=f'folder of {CONFIG}, {CHECKPOINT}, {INDEX} and {GRAPH}')
    parser.add_argument('--onnx', action='store_true', help=f'write {GRAPH} too; needs: pip install onnx onnxruntime')
    parser.add_argument(
        '--image-shape',
        nargs=3,
        type=int,
        metavar=('CHANNELS', 'HEIGHT', 'WIDTH'),
        help='of the images, where neither config nor checkpoint tells it',
    )
    parser.add_argument('--cfg-options', nargs='+', action=DictAction, metavar='KEY=VALUE', help='override config keys')
    return parser.parse_args()


def main() -> None:
    """Export, or print one sentence and exit with 2 at bad input."""
    args = parse_args()
    with exit_codes():
        if args.onnx:
            require_onnx()
        config = load_config(args.config, args.cfg_options)
        out = Path(args.out)
        with DefaultScope.overwrite_default_scope(config.get('default_scope', 'mmrazor')):
            student = read_student(config, args.checkpoint, args.image_shape)
            write_student(config, student, out)
            classes, imports = foreign_classes(config, student.network)
        print(f'{out / CONFIG} and {out / CHECKPOINT}: mmpretrain loads them, logits equal bit for bit')
        print(
            f'Images {"x".join(map(str, student.image_shape))}, {student.num_classes} classes'
            f'{"" if student.classes else ", whose names nothing tells"}; needs '
            f'{" and ".join(imports) + ", for " + ", ".join(classes) if imports else "mmpretrain alone"}'
        )
        print(f'{out / INDEX}: the name {model_name(config)} for mmpretrain.inference_model')
        if args.onnx:
            difference = write_onnx(student, out)
            print(f"{out / GRAPH}: ONNX Runtime's logits differ from torch's by {difference:.2g} at most")


if __name__ == '__main__':
    main()
