"""A teacher behind an HTTP endpoint."""

import os
from typing import Any

import torch
from mmrazor.registry import MODELS
from torch import Tensor

from ...utils import ConfigError, TrainingError, require_packages
from .answers import ANSWERS
from .black_box import BlackBoxTeacher

RETRIED = (408, 429, 500, 502, 503, 504)
LONGEST_PAUSE = 30.0  # seconds between two attempts


class _Unavailable(Exception):
    """No answer this time; ``pause`` is how many seconds the server asks to wait."""

    def __init__(self, reason: str, pause: float = 0.0) -> None:
        super().__init__(reason)
        self.pause = pause


class TeacherClient:
    """Asks a server again, with growing pauses, while it is busy, restarts or does not answer.

    Args:
        url (str): Of the server, without a path.
        token_env (str): The environment variable that holds the token; unset, none is sent.
        timeout (float): Seconds that one answer may take.
        patience (float): Seconds for which the server is asked again.
    """

    def __init__(self, url: str, token_env: str, timeout: float, patience: float) -> None:
        require_packages(['requests', 'tenacity'], 'HTTPTeacher')
        import requests

        self.name = f'The teacher at {url}'
        self._url, self._token_env, self._timeout, self._patience = url.rstrip('/'), token_env, timeout, patience
        self._session = requests.Session()
        token = os.environ.get(token_env)
        if token:
            self._session.headers['Authorization'] = f'Bearer {token}'

    def describe(self) -> dict:
        """What the server says at ``/v1/teacher``."""
        try:
            found = self._request('GET', '/v1/teacher')
        except TrainingError as error:
            raise ConfigError(str(error)) from error
        limit = found.get('batch_limit')
        if found.get('answers') not in ANSWERS or not isinstance(limit, int) or limit < 1:
            raise ConfigError(f'{self.name} does not describe itself at /v1/teacher; see docs/black_box.md')
        return found

    def answers(self, pixels: Tensor) -> Tensor:
        """What the server says of pixels (N, C, H, W)."""
        found = self._request('POST', '/v1/answers', data=pixels.numpy().astype('<f4').tobytes()).get('answers')
        try:
            return torch.tensor(found)
        except (TypeError, ValueError, RuntimeError) as error:
            raise ConfigError(f'{self.name} answered with no array of numbers ({error})') from error

    def _request(self, method: str, path: str, **kwargs) -> dict:
        """The JSON object that the server answers with."""
        import tenacity

        growing = tenacity.wait_exponential(multiplier=0.25, max=LONGEST_PAUSE)

        def pause(state: Any) -> float:
            return max(growing(state), state.outcome.exception().pause)

        attempts = tenacity.Retrying(
            retry=tenacity.retry_if_exception_type(_Unavailable),
            wait=pause,
            stop=tenacity.stop_after_delay(self._patience),
            reraise=True,
        )
        try:
            return attempts(self._attempt, method, path, **kwargs)
        except _Unavailable as error:
            raise TrainingError(
                f'{self.name} has given no answer for {self._patience:.0f} seconds ({error}); start it, or wait for '
                'it, then --resume'
            ) from error

    def _attempt(self, method: str, path: str, **kwargs) -> dict:
        import requests

        try:
            response = self._session.request(
                method, self._url + path, timeout=self._timeout, allow_redirects=False, **kwargs
            )
        except (requests.ConnectionError, requests.Timeout, requests.exceptions.ChunkedEncodingError) as error:
            raise _Unavailable(type(error).__name__) from error
        except (requests.RequestException, ValueError) as error:
            raise ConfigError(f'HTTPTeacher.url is {self._url!r}, which cannot be asked ({error})') from error
        if response.status_code in RETRIED:
            pause = response.headers.get('Retry-After', '')
            raise _Unavailable(f'status {response.status_code}', float(pause) if pause.isdigit() else 0.0)
        try:
            content = response.json()
        except ValueError:
            content = None
        if response.status_code in (401, 403):
            raise ConfigError(
                f'{self.name} refuses the token in the environment variable {self._token_env} (status '
                f'{response.status_code}); set it to the one that its owner has given out'
            )
        if response.status_code != 200 or not isinstance(content, dict):
            reason = content.get('detail') if isinstance(content, dict) else None
            raise ConfigError(
                f'{self.name} refuses {method} {path} with status {response.status_code}'
                f'{f" ({reason})" if reason else ""}; expected JSON as docs/black_box.md describes it'
            )
        return content


@MODELS.register_module()
class HTTPTeacher(BlackBoxTeacher):
    """A teacher that ``tools/serve_teacher.py``, or anything that speaks as it does, serves.

    ``GET /v1/teacher`` describes the teacher, ``POST /v1/answers`` takes pixels as little-endian float32 numbers
    in the order (N, C, H, W) and returns JSON; see ``docs/black_box.md``.

    Args:
        url (str): Of the server, without a path: ``http://127.0.0.1:8000``.
        num_classes (int): As for :class:`BlackBoxTeacher`.
        token_env (str): The environment variable that holds the server's token, which a config would make public.
            Defaults to ``GENKD_TEACHER_TOKEN``.
        timeout (float): Seconds that one answer may take. Defaults to 60.
        patience (float): Seconds for which a server that gives no answer is asked again. Defaults to 300.
        batch_size (int): As for :class:`BlackBoxTeacher`; the server's own limit is kept, too. Defaults to 256.
        **kwargs: As for :class:`BlackBoxTeacher`, without ``answers``, which the server states.

    Raises:
        ConfigError: If nothing there answers, it refuses the token, is no such server, or has other classes.
    """

    def __init__(
        self,
        url: str,
        num_classes: int,
        token_env: str = 'GENKD_TEACHER_TOKEN',
        timeout: float = 60.0,
        patience: float = 300.0,
        batch_size: int = 256,
        **kwargs,
    ) -> None:
        client = TeacherClient(url, token_env, timeout, patience)
        served = client.describe()
        if served.get('num_classes') != num_classes:
            raise ConfigError(
                f'{client.name} has {served.get("num_classes")} classes but num_classes is {num_classes}; use the '
                'number of the data, and a teacher of it'
            )
        batch_size = min(batch_size, served['batch_limit'])
        super().__init__(num_classes, answers=served['answers'], batch_size=batch_size, **kwargs)
        self._client, self._image_shape = client, served.get('image_shape')

    @property
    def name(self) -> str:
        """See the base class."""
        return self._client.name

    def ask(self, pixels: Tensor) -> Tensor:
        """See the base class."""
        if list(pixels.shape[1:]) != self._image_shape:
            raise ConfigError(
                f'{self.name} takes images of shape {self._image_shape} but was given {list(pixels.shape[1:])}; use '
                'images of its data'
            )
        return self._client.answers(pixels)
