"""Attributes that are worked out when they are first asked for, without one object waiting for another."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, TypeVar, overload

_T = TypeVar("_T")


class once(Generic[_T]):  # noqa: N801
    """A property that is worked out once for each object and kept in it.

    `functools.cached_property` takes one lock for all objects of a class before Python 3.12: what one of them waits
    for, such as a slow host, all wait for, and two that need each other's attributes in a different order never end.
    Here is no lock. Threads that share an object may work the same out twice, so what they get has to be equal.
    """

    def __init__(self, work_out: Callable[[Any], _T]) -> None:
        self._work_out = work_out
        self._name = work_out.__name__
        self.__doc__ = work_out.__doc__

    @overload
    def __get__(self, instance: None, owner: type | None = None) -> once[_T]: ...

    @overload
    def __get__(self, instance: object, owner: type | None = None) -> _T: ...

    def __get__(self, instance: object, owner: type | None = None) -> once[_T] | _T:
        if instance is None:
            return self
        # What lies in the object goes before this from now on.
        found = instance.__dict__[self._name] = self._work_out(instance)
        return found
