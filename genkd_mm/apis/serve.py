"""A classifier behind an HTTP endpoint, for those who may ask it and not have it."""

import hmac
import math
import os
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from mmengine.config import Config
from torch import Tensor

from ..engine.runner.config import in_scope
from ..models.student import read_classifier
from ..models.teachers import ONNXClassifier
from ..utils import ConfigError, require_packages
from .export_onnx import PixelClassifier


class Served(NamedTuple):
    """A classifier to serve."""

    probabilities: Callable[[Tensor], Tensor]  # pixels (N, C, H, W), float32, 0..255 -> probabilities (N, classes)
    image_shape: tuple[int, int, int]  # channels, height, width
    num_classes: int  # number of classes


@in_scope
def served_checkpoint(config: Config | str, checkpoint: str, image_shape: tuple[int, int, int] | None = None) -> Served:
    """The classifier of a checkpoint: any of mmpretrain's, or the student of a distillation."""
    classifier = read_classifier(config, checkpoint, image_shape)
    network = PixelClassifier(classifier).eval()
    return Served(lambda pixels: network(pixels).softmax(1), classifier.image_shape, classifier.num_classes)


def served_onnx(path: str, image_shape: tuple[int, int, int] | None = None) -> Served:
    """A classifier in an ONNX file that takes pixels and gives logits, as ``tools/export_student.py`` writes it."""
    classifier = ONNXClassifier(path, 'The model argument')
    shape = image_shape or classifier.image_shape
    if not all(isinstance(size, int) for size in shape):
        raise ConfigError(f'{path} takes images of any size ({shape}); add --image-shape CHANNELS HEIGHT WIDTH')
    try:
        logits = classifier(torch.zeros(2, *shape))
    except Exception as error:  # ONNX Runtime's kernels raise their own
        raise ConfigError(f'{path} takes no images of shape {shape} ({error}); give the right --image-shape') from error
    if logits.dim() != 2 or len(logits) != 2:
        raise ConfigError(f'{path} gives an output of shape {tuple(logits.shape)} for 2 images; expected logits')
    return Served(lambda pixels: classifier(pixels).softmax(1), shape, logits.shape[1])


def teacher_app(
    served: Served, token: str, batch_limit: int = 256, images_per_minute: int | None = None, labels_only: bool = False
) -> Any:
    """The FastAPI application: ``GET /v1/teacher`` and ``POST /v1/answers``, see ``docs/black_box.md``.

    A request is refused before its body is read if its token is wrong, and while it is read if it is too long. The body
    is numbers, nothing that is parsed or unpickled.

    Args:
        served (Served): What to serve.
        token (str): The bearer token that every request must carry.
        batch_limit (int): Largest number of images in one request. Defaults to 256.
        images_per_minute (int, optional): Of all requests together. Defaults to no limit.
        labels_only (bool): Answer with the most likely class alone. Defaults to False.
    """
    require_packages(['fastapi', 'uvicorn', 'limits'], 'Serving a teacher')
    from fastapi import Depends, FastAPI, HTTPException, Request
    from fastapi.concurrency import run_in_threadpool

    if not token:
        raise ConfigError('The token is empty; set its environment variable to a long random text')
    if batch_limit < 1 or (images_per_minute is not None and images_per_minute < batch_limit):
        raise ConfigError(
            f'The batch limit is {batch_limit} and the rate limit {images_per_minute} images a minute; expected 1 or '
            'more, and a rate that lets a whole batch pass'
        )
    wait = rate_limit(images_per_minute)
    lock = threading.Lock()  # one batch at a time, each with all threads

    def authorised(request: Request) -> None:
        given = request.headers.get('Authorization', '').encode()
        if not hmac.compare_digest(given, f'Bearer {token}'.encode()):
            raise HTTPException(401, 'wrong token', {'WWW-Authenticate': 'Bearer'})

    def answers(pixels: Tensor) -> list:
        with lock, torch.no_grad():
            found = served.probabilities(pixels)
        return (found.argmax(1) if labels_only else found).tolist()

    app = FastAPI(dependencies=[Depends(authorised)], openapi_url=None)

    @app.get('/v1/teacher')
    def describe() -> dict:
        return dict(
            num_classes=served.num_classes,
            image_shape=list(served.image_shape),
            answers='labels' if labels_only else 'probabilities',
            batch_limit=batch_limit,
        )

    @app.post('/v1/answers')
    async def answer(request: Request) -> dict:
        image_bytes = 4 * math.prod(served.image_shape)
        body = bytearray()
        async for chunk in request.stream():
            body += chunk
            if len(body) > batch_limit * image_bytes:
                raise HTTPException(413, f'more than {batch_limit} images')
        if not body or len(body) % image_bytes:
            raise HTTPException(422, f'{len(body)} bytes are no images: each has {image_bytes}')
        pixels = torch.from_numpy(np.frombuffer(body, '<f4').astype(np.float32)).view(-1, *served.image_shape)
        if not ((pixels >= 0) & (pixels <= 255)).all():  # False for NaN, too
            raise HTTPException(422, 'pixels are not in 0..255')
        seconds = wait(len(pixels))
        if seconds:
            raise HTTPException(429, 'too many images a minute', {'Retry-After': str(seconds)})
        return dict(answers=await run_in_threadpool(answers, pixels))

    return app


def rate_limit(images_per_minute: int | None) -> Callable[[int], int]:
    """A function from a number of images to the seconds to wait: 0 if they may pass, and then they are counted."""
    if images_per_minute is None:
        return lambda number: 0
    from limits import RateLimitItemPerMinute
    from limits.storage import MemoryStorage
    from limits.strategies import FixedWindowRateLimiter

    limiter, limit = FixedWindowRateLimiter(MemoryStorage()), RateLimitItemPerMinute(images_per_minute)

    def wait(number: int) -> int:
        if limiter.test(limit, cost=number) and limiter.hit(limit, cost=number):
            return 0
        return max(1, math.ceil(limiter.get_window_stats(limit).reset_time - time.time()))

    return wait


def serve_teacher(
    model: str,
    checkpoint: str | None = None,
    host: str = '127.0.0.1',
    port: int = 8000,
    token_env: str = 'GENKD_TEACHER_TOKEN',
    image_shape: Sequence[int] | None = None,
    **limits: Any,
) -> None:
    """Serve a classifier until SIGTERM or Ctrl-C; requests that have begun are answered.

    Args:
        model (str): Config of a classifier or of a distillation, or an ONNX file that takes pixels.
        checkpoint (str, optional): Of that config; none with an ONNX file.
        host (str): Address to listen at. Defaults to 127.0.0.1.
        port (int): 0 takes a free one. Defaults to 8000.
        token_env (str): Environment variable with the clients' token. Defaults to ``GENKD_TEACHER_TOKEN``.
        image_shape (Sequence[int], optional): Channels, height and width, where the model does not say.
        **limits: ``batch_limit``, ``images_per_minute`` and ``labels_only`` of :func:`teacher_app`.

    Raises:
        ConfigError: If the model cannot be served, there is no token, or the address cannot be had.
    """
    token = os.environ.get(token_env)
    if not token:
        raise ConfigError(
            f'The environment variable {token_env} is not set; set it to a long random text, and tell it those who may '
            'ask'
        )
    shape = tuple(image_shape) if image_shape else None
    served = served_checkpoint(model, checkpoint, shape) if checkpoint else served_onnx(model, shape)
    listen(teacher_app(served, token, **limits), host, port)


def listen(app: Any, host: str, port: int) -> None:
    """Run an application until SIGTERM or Ctrl-C."""
    import uvicorn

    # uvicorn's own log_config would close the log files of runs in this process
    config = uvicorn.Config(app, host=host, port=port, log_config=None, log_level='warning')
    try:
        socket = config.bind_socket()
    except SystemExit as error:  # uvicorn's, after it has logged the reason
        raise ConfigError(f'--host and --port are {host} and {port}, where nothing can listen') from error
    socket.listen()  # so that who reads the next line can already ask
    print(f'Serving at http://{host}:{socket.getsockname()[1]}', flush=True)
    uvicorn.Server(config).run(sockets=[socket])
