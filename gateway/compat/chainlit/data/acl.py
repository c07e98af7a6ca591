"""What an app written for Chainlit imports from ``chainlit.data.acl``: the gateway's own objects."""

from gateway.data import get_data_layer


async def is_thread_author(username: str, thread_id: str) -> bool:
    """Return whether a person is the author of a thread.

    Args:
        username: The person's identifier.
        thread_id: The thread's id.

    Raises:
        ValueError: There is no data layer.
        PermissionError: Somebody else is the author, or there is no such thread.
    """
    layer = get_data_layer()
    if layer is None:
        raise ValueError("there is no data layer: register one with `@cl.data_layer`")
    if await layer.get_thread_author(thread_id) != username:
        raise PermissionError("this person is not the author of the thread")
    return True


__all__ = ["is_thread_author"]
