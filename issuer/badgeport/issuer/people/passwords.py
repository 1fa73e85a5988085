"""Passwords: what one must be like, and their argon2 hashes."""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from itertools import pairwise

from pwdlib import PasswordHash

from badgeport.issuer.mistakes import refuse

LEAST_CHARS = 10
MOST_CHARS = 200

_COMMON = frozenset(
    """
    password passwort contrasena qwerty qwertyuiop qwertz azerty asdfgh asdfghjkl zxcvbn zxcvbnm letmein welcome
    iloveyou princess sunshine monkey dragon football baseball basketball superman batman master shadow michael
    jennifer jordan hunter trustno charlie freedom whatever starwars pokemon computer internet secret admin
    administrator changeme default login guest temp temporary school schools teacher teachers student students
    education classroom district principal homework learning badge badges badgeport credential credentials summer
    winter spring autumn monday friday january december chicago minnesota wyoming arkansas carolina america american
    passphrase mypassword newpassword adminadmin abc abcdef abcdefg abcdefgh abcdefghij correcthorsebatterystaple
    onetwothree goodmorning ilovemyjob ilovemydog bienvenido escuela maestra maestro
    """.split()  # noqa: SIM905 - a list of words to be read
)
"""What people take first. A password is compared without what they put around it: digits, signs, letters as digits."""
_LOOKALIKES = str.maketrans({"0": "o", "1": "i", "3": "e", "4": "a", "5": "s", "7": "t", "@": "a", "$": "s", "!": "i"})


def check_password(password: str, *about: str) -> None:
    """Whether a password is good enough. Raises Mistakes (``password``). ``about`` are words that must not be it: the
    person's name and address."""
    if len(password) < LEAST_CHARS:
        refuse("password", "Use at least {least} characters; several words are easy to remember.", least=LEAST_CHARS)
    if len(password) > MOST_CHARS:
        refuse("password", "Use at most {most} characters.", most=MOST_CHARS)
    plain = password.lower()
    if len(set(plain)) < 5 or _is_run(plain) or _is_common(plain):
        refuse("password", "This is among the first passwords that others would try. Choose another one.")
    words = {word for text in about for word in re.split(r"[^\w]+", text.lower()) if len(word) >= 4}
    rest = plain
    for word in sorted(words, key=len, reverse=True):
        rest = rest.replace(word, "")
    if sum(sign.isalnum() for sign in rest) < LEAST_CHARS // 2:
        refuse("password", "This is made of your name or address. Choose another one.")


def hash_password(password: str) -> str:
    """The argon2id hash of a password. It takes a while: never in a transaction."""
    return _hasher().hash(_normal(password))


def is_right(password: str, hashed: str | None) -> bool:
    """Whether a password is the one of a hash. Without a hash it takes as long, and it is not."""
    right = _hasher().verify(_normal(password)[: MOST_CHARS * 4], hashed or _nobodys())
    return right and hashed is not None


def _is_common(plain: str) -> bool:
    bare = re.sub(r"^[\W\d_]+|[\W\d_]+$", "", plain)
    for text in (plain, plain.translate(_LOOKALIKES), bare.translate(_LOOKALIKES)):
        letters = re.sub(r"[^a-z]", "", text)
        core = re.sub(r"^[^a-z]+|[^a-z]+$", "", text)
        if not core or letters in _COMMON or core in _COMMON:
            return True
        half = letters[: len(letters) // 2]
        if half in _COMMON and letters == half * 2:
            return True
    return False


def _is_run(plain: str) -> bool:
    """Whether it is 1234567890 or abcdefghij."""
    steps = {ord(after) - ord(before) for before, after in pairwise(plain)}
    return steps <= {1, -9} or steps <= {-1, 9}


def _normal(password: str) -> str:
    return unicodedata.normalize("NFKC", password)


@cache
def _hasher() -> PasswordHash:
    return PasswordHash.recommended()


@cache
def _nobodys() -> str:
    return _hasher().hash("the password of nobody")
