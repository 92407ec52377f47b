"""The sample's models, and templates from the repository or written in the test."""

from collections.abc import Callable

import pytest

from circular_gen.resources import SAMPLE, TEMPLATES
from circular_gen.sheet.rendering import Templates
from circular_gen.workspace import Circular, Copy, Office, Unit, Workspace, open_workspace, plan_copies

WINTER, MEETING, FLOOD = "2026-winter-safety", "2026-work-meeting", "2026-flood-check"


@pytest.fixture(scope="session")
def workspace() -> Workspace:
    return open_workspace(SAMPLE)


@pytest.fixture(scope="session")
def office(workspace: Workspace) -> Office:
    return workspace.office


@pytest.fixture(scope="session")
def winter(workspace: Workspace) -> Circular:
    return workspace.circular(WINTER)


@pytest.fixture(scope="session")
def copies(workspace: Workspace) -> Callable[[Circular], tuple[Copy, ...]]:
    return lambda circular: plan_copies(circular, workspace.registry)


@pytest.fixture(scope="session")
def sources() -> dict[str, str]:
    return {path.name: path.read_text(encoding="utf-8") for path in TEMPLATES.glob("*.xml.j2")}


@pytest.fixture
def templates(sources: dict[str, str]) -> Templates:
    return Templates(sources)


@pytest.fixture
def copy() -> Copy:
    return Copy(Unit(id="chengxi", name="城西街道办事处", short="城西街道", tags=("街道",)), "addressee", (), True)


@pytest.fixture
def own(office: Office, winter: Circular, copy: Copy) -> Callable[..., tuple]:
    """The blocks of a sheet whose inside is `xml`, as the template `note.xml.j2`."""

    def blocks(xml: str) -> tuple:
        templates = Templates({"note.xml.j2": f"<sheet>{xml}</sheet>"})
        return templates.paper("note", office, winter, copy).blocks

    return blocks
