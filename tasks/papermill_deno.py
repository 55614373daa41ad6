"""papermill for notebooks of the Deno kernel.

papermill writes parameters in the notebook's language and knows no TypeScript.
This teaches it, and runs cells in the notebook's own folder, where relative
imports start:

    python tasks/papermill_deno.py notebooks/x.ipynb out.ipynb -p seed 3

All of papermill's options apply.
"""

import json
import os
import re
import sys

from papermill import cli
from papermill.models import Parameter
from papermill.translators import Translator, papermill_translators


class TypeScript(Translator):
    """Assignments to the variables that the parameters cell declares."""

    @classmethod
    def translate(cls, value):
        return json.dumps(value)

    @classmethod
    def comment(cls, text):
        return f"// {text}".strip()

    @classmethod
    def codify(cls, parameters, comment="Parameters"):
        lines = [f"{name} = {cls.translate(value)};" for name, value in parameters.items()]
        # The last line has no value, so the cell has no output.
        return "\n".join([cls.comment(comment), *lines, "void 0;"]) + "\n"

    @classmethod
    def inspect(cls, parameters_cell):
        declaration = r"^let\s+([\w$]+)\s*(?::([^=]+))?=\s*(.+?);[ \t]*(?://[ \t]*(.*))?$"
        return [
            Parameter(name, kind.strip() or "None", default, help)
            for name, kind, default, help in re.findall(
                declaration, parameters_cell["source"], re.MULTILINE
            )
        ]


papermill_translators.register("deno", TypeScript)
papermill_translators.register("typescript", TypeScript)

if __name__ == "__main__":
    notebook = next((a for a in sys.argv[1:] if a.endswith(".ipynb")), None)
    if notebook and "--cwd" not in sys.argv:
        sys.argv += ["--cwd", os.path.dirname(os.path.abspath(notebook))]
    cli.papermill()
