"""PDFBox Preflight as the tests see it. It knows PDF/A-1 only, and is shown the twin of a file: the same objects, out
of their object streams, marked as part 1."""

import io
import os
import subprocess
from pathlib import Path

import pikepdf

JARS = ("preflight", "pdfbox2", "fontbox2", "xmpbox", "commons-logging", "commons-io", "javax.activation", "jaxb-api")


def assert_part_1(pdf: bytes, folder: Path) -> None:
    """Fails with what Preflight says where the twin of a PDF/A-2 is no PDF/A-1b; it is written into `folder`."""
    file = folder / "twin.pdf"
    with pikepdf.open(io.BytesIO(pdf)) as document:
        with document.open_metadata(set_pikepdf_as_editor=False, update_docinfo=False) as metadata:
            metadata["pdfaid:part"], metadata["pdfaid:conformance"] = "1", "B"
        document.save(
            file, object_stream_mode=pikepdf.ObjectStreamMode.disable, force_version="1.4", preserve_pdfa=True
        )
    classes = os.pathsep.join(f"/usr/share/java/{jar}.jar" for jar in JARS)
    command = ["java", "-cp", classes, "org.apache.pdfbox.preflight.Validator_A1b", str(file)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert "is a valid PDF/A-1b file" in done.stdout, (file.name, done.stdout[-2000:], done.stderr[-500:])
