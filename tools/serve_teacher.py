"""Serve a classifier over HTTP, so others can distil it without having it.

The clients' bearer token is read from an environment variable. Put a proxy with TLS in front of it where the network is
not your own.
"""

from genkd_mm.apis import serve_teacher
from genkd_mm.apis.arguments import parser_of
from genkd_mm.utils import exit_codes


@exit_codes()
def main() -> None:
    """Serve until SIGTERM or Ctrl-C, or print one sentence and exit with 2 at bad input."""
    parser = parser_of(__doc__)
    parser.add_argument('model', help='config of a classifier or of a distillation, or an ONNX file that takes pixels')
    parser.add_argument('checkpoint', nargs='?', help='of that config; none with an ONNX file')
    parser.add_argument('--host', default='127.0.0.1', help='address to listen at; default 127.0.0.1')
    parser.add_argument('--port', type=int, default=8000, help='default 8000; 0 takes a free one')
    parser.add_argument(
        '--token-env', default='GENKD_TEACHER_TOKEN', help='environment variable with the token; default %(default)s'
    )
    parser.add_argument('--batch-limit', type=int, default=256, help='images in one request; default 256')
    parser.add_argument('--images-per-minute', type=int, help='of all clients together; default no limit')
    parser.add_argument('--labels-only', action='store_true', help='answer with the most likely class alone')
    parser.add_argument(
        '--image-shape', type=int, nargs=3, metavar=('CHANNELS', 'HEIGHT', 'WIDTH'), help='where the model does not say'
    )
    serve_teacher(**vars(parser.parse_args()))


if __name__ == '__main__':
    main()
