"""PDFBox Preflight as the tests see it. It knows PDF/A-1 only: it is shown files that were marked as part 1."""

import os
import subprocess
from pathlib import Path

JARS = ("preflight", "pdfbox2", "fontbox2", "xmpbox", "commons-logging", "commons-io", "javax.activation", "jaxb-api")


def assert_part_1(file: Path) -> None:
    """Fails with what Preflight says where the file is no PDF/A-1b."""
    classes = os.pathsep.join(f"/usr/share/java/{jar}.jar" for jar in JARS)
    command = ["java", "-cp", classes, "org.apache.pdfbox.preflight.Validator_A1b", str(file)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert "is a valid PDF/A-1b file" in done.stdout, (file.name, done.stdout[-2000:], done.stderr[-500:])
