"""Which names are those of secrets: a password, a token, a key of an interface.

>>> is_secret_name("db__api_key"), is_secret_name("token_pattern")
(True, False)
"""

from __future__ import annotations

import functools
import re
from typing import Any

# A name is one of a secret if it contains the first anywhere, or ends with the second.
_SECRET_ANYWHERE = re.compile(r"passw(?:or)?d|(?:^| )pass word|passphrase|passcode|credential|(?:^| )secrets?(?: |$)")
# Other keys sort, group or seed, and other tokens are pieces of texts: these need the word before them.
_OWNERS_OF_KEYS = (
    r"(?:api|access|private|account|auth|signing|encryption|secret|ssh|licen[cs]e|subscription|master|deploy"
    r"|openai|anthropic|azure|aws|wandb|kaggle)"
)
_OWNERS_OF_TOKENS = r"(?:api|access|auth|bearer|refresh|session|secret|user|hf|github)"
_SECRET_ENDING = re.compile(
    r"(?:token|secret|pwd|jwt|bearer"
    rf"|(?:^| )(?:pw|pass|creds?|o?auth|authorization|{_OWNERS_OF_KEYS} ?keys?|{_OWNERS_OF_TOKENS} tokens))$"
)
# Passes of a filter or over data, and tokens that stand for a place in a text.
_ORDINARY_ENDING = re.compile(
    r"(?:^| )(?:(?:n|num|low|high|band|all|first|second|last|next|one|two|single|multi|full|per|forward|backward) pass"
    r"|to pass|(?:pad(?:ding)?|oov|unk(?:nown)?|mask|cls|sep|stop|start|end|bos|eos|special|first|last|next) token)$"
)
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")


def is_secret_name(name: Any) -> bool:
    """Whether a value of this name is a secret: a password, a token, a key of an interface.

    >>> [name for name in ("token", "hfToken", "n_tokens", "AWS_SECRET_ACCESS_KEY", "key") if is_secret_name(name)]
    ['token', 'hfToken', 'AWS_SECRET_ACCESS_KEY']
    """
    if isinstance(name, bytes):
        name = name.decode("latin-1")
    return isinstance(name, str) and _is_secret_text(name)


@functools.lru_cache(maxsize=1000)
def _is_secret_text(name: str) -> bool:
    words, parameter = (" ".join(_WORD.findall(part)).lower() for part in (name, name.rpartition("__")[2]))
    has_ending = _SECRET_ENDING.search(words) and not _ORDINARY_ENDING.search(words)
    return bool(_SECRET_ANYWHERE.search(words) or has_ending or parameter == "tokens")
