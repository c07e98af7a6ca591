"""The elements of a message, under the name the documents import them from."""

from gateway.chat.dicts import ElementDict
from gateway.chat.elements.base import Element
from gateway.chat.elements.files import File, Image, Text
from gateway.chat.tasks import Task, TaskList, TaskStatus

__all__ = ["Element", "ElementDict", "File", "Image", "Task", "TaskList", "TaskStatus", "Text"]
