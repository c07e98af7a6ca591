"""The elements of a message, under the name the documents import them from."""

from gateway.chat.elements.base import Element
from gateway.chat.elements.custom import CustomElement
from gateway.chat.elements.data import Dataframe, Plotly, Pyplot
from gateway.chat.elements.files import Audio, File, Image, Pdf, Text, Video
from gateway.chat.tasks import Task, TaskList, TaskStatus
from gateway.model import ElementDict

__all__ = [
    "Audio",
    "CustomElement",
    "Dataframe",
    "Element",
    "ElementDict",
    "File",
    "Image",
    "Pdf",
    "Plotly",
    "Pyplot",
    "Task",
    "TaskList",
    "TaskStatus",
    "Text",
    "Video",
]
