"""What an office writes, read and checked: office.yaml, recipients.yaml, circulars.

    workspace = open_workspace(Path("."))
    circular = workspace.circular("dongji-anquan")
    copies = plan_copies(circular, workspace.registry)

Names are imported when they are used, so that the command line starts without pydantic.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from circular_gen.workspace.circular import Annex, Circular, Receipt, TableData, Task
    from circular_gen.workspace.findings import Finding, WorkspaceError
    from circular_gen.workspace.folder import Workspace, open_office, open_workspace
    from circular_gen.workspace.json_schema import schema
    from circular_gen.workspace.office import Office
    from circular_gen.workspace.plan import Copy, plan_copies
    from circular_gen.workspace.recipients import Choice, Contact, Registry, Unit

_MODULES = {
    "Annex": "circular",
    "Choice": "recipients",
    "Circular": "circular",
    "Contact": "recipients",
    "Copy": "plan",
    "Finding": "findings",
    "Office": "office",
    "Receipt": "circular",
    "Registry": "recipients",
    "TableData": "circular",
    "Task": "circular",
    "Unit": "recipients",
    "Workspace": "folder",
    "WorkspaceError": "findings",
    "open_office": "folder",
    "open_workspace": "folder",
    "plan_copies": "plan",
    "schema": "json_schema",
}
__all__ = [
    "Annex",
    "Choice",
    "Circular",
    "Contact",
    "Copy",
    "Finding",
    "Office",
    "Receipt",
    "Registry",
    "TableData",
    "Task",
    "Unit",
    "Workspace",
    "WorkspaceError",
    "open_office",
    "open_workspace",
    "plan_copies",
    "schema",
]


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
