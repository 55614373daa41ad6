"""papermill for notebooks of the Deno kernel.

papermill writes parameters in the notebook's language and knows no TypeScript.
This teaches it, and runs cells in the notebook's own folder, where relative
imports start:

    python tasks/papermill_deno.py notebooks/x.ipynb out.ipynb -p seed 3

All of papermill's options apply. A claim that fails, and is not declared to, is
named; with the full preset the exit status is then 1, and so it is where a cell
tagged claims shows no results.
"""

import json
import os
import re
import sys

from papermill import cli
from papermill.execute import execute_notebook
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


RESULTS = "application/vnd.hidden-causes.results+json"


def results_of(notebook):
    """What the notebook's results output says; nothing where no cell makes claims."""
    outputs = [o for cell in notebook.cells for o in cell.get("outputs", [])]
    found = [o["data"][RESULTS] for o in outputs if RESULTS in o.get("data", {})]
    if found:
        return found[-1]
    if any("claims" in cell.metadata.get("tags", []) for cell in notebook.cells):
        sys.exit("The cell tagged claims shows no results: end it with  await showResults(…)")
    return {"preset": None, "claims": []}


def judge(notebook):
    """Names claims that are not as they are declared; full: fails for them."""
    results = results_of(notebook)
    smoke = results["preset"] == "smoke"
    failed = False
    for claim in results["claims"]:
        declared = claim.get("knownToFail", False)
        if claim["holds"] != declared:
            continue
        says = "holds, though it is declared to fail" if declared else "fails"
        note = " (smoke preset: a warning)" if smoke and not declared else ""
        evidence = f"{claim['observed']:.4g}, bound {claim['bound']}"
        print(f"the claim \"{claim['text']}\" {says}: {evidence}{note}", file=sys.stderr)
        failed = failed or not declared and not smoke
    if failed:
        sys.exit("Claims fail")


def execute_and_judge(*args, **options):
    notebook = execute_notebook(*args, **options)
    if not options.get("prepare_only"):
        judge(notebook)
    return notebook


papermill_translators.register("deno", TypeScript)
papermill_translators.register("typescript", TypeScript)

if __name__ == "__main__":
    notebook = next((a for a in sys.argv[1:] if a.endswith(".ipynb")), None)
    if notebook and "--cwd" not in sys.argv:
        sys.argv += ["--cwd", os.path.dirname(os.path.abspath(notebook))]
    cli.execute_notebook = execute_and_judge
    cli.papermill()
