"""Write the configs of a project of your own: images, a teacher, a prior, a student.

Looks at the images and the teacher, runs every part for a few iterations, and prints what comes next and how long it
takes.
"""

from genkd_mm.apis import new_project
from genkd_mm.apis.arguments import parser_of
from genkd_mm.utils import exit_codes


@exit_codes()
def main() -> None:
    """Write the folder, or print one sentence and exit with 2 at bad input."""
    parser = parser_of(__doc__)
    parser.add_argument('folder', help='the folder to make')
    parser.add_argument('--data', required=True, help='a folder with a sub-folder for each class, or a .npz file')
    parser.add_argument(
        '--teacher', nargs=2, metavar=('CONFIG', 'CHECKPOINT'), help='a classifier; without it, one will be trained'
    )
    parser.add_argument('--size', type=int, help='height and width; default theirs if alike and at most 64, else 32')
    for name in ('mean', 'std'):
        parser.add_argument(
            f'--{name}', nargs='+', type=float, help=f"{name} of each channel, 0 to 255; default the teacher's config's"
        )
    parser.add_argument(
        '--channel-order', choices=['rgb', 'bgr'], help="as the teacher takes images; default its config's"
    )
    args = parser.parse_args()
    teacher = tuple(args.teacher) if args.teacher else None
    new_project(args.folder, args.data, teacher, args.size, args.mean, args.std, args.channel_order)


if __name__ == '__main__':
    main()
