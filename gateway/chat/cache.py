"""``@cache``: the result of an expensive function, computed once."""

import asyncio
import functools
import inspect
import threading
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar, cast

P = ParamSpec("P")
T = TypeVar("T")


def cache(func: Callable[P, T]) -> Callable[P, T]:
    """Keep what a function returns, so that it is computed once for each set of arguments: for loading a model or an
    index. Results are kept until the process ends, so use it where there are few of them. What raises is not kept.

    Args:
        func: The function, sync or async. Its arguments have to be hashable.

    Returns:
        A function with the same parameters and results. Calls that arrive while the first one computes wait for it.
    """
    if inspect.iscoroutinefunction(func):
        return cast(Callable[P, T], _async_cache(func))
    results: dict[Any, T] = {}
    lock = threading.RLock()

    @functools.wraps(func)
    def cached(*args: P.args, **kwargs: P.kwargs) -> T:
        key = _key(func, args, kwargs)
        with lock:
            if key not in results:
                results[key] = func(*args, **kwargs)
            return results[key]

    return cached


def _async_cache(func: Callable[..., Any]) -> Callable[..., Any]:
    results: dict[Any, Any] = {}
    locks: dict[Any, asyncio.Lock] = {}

    @functools.wraps(func)
    async def cached(*args: Any, **kwargs: Any) -> Any:
        key = _key(func, args, kwargs)
        if key in results:
            return results[key]
        async with locks.setdefault(key, asyncio.Lock()):
            if key not in results:
                results[key] = await func(*args, **kwargs)
        locks.pop(key, None)
        return results[key]

    return cached


def _key(func: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    key = (args, tuple(sorted(kwargs.items())))
    try:
        hash(key)
    except TypeError as error:
        raise TypeError(
            f"@cache cannot keep a result of {func.__name__}: {error}; pass hashable arguments (a tuple, not a list)"
        ) from None
    return key
