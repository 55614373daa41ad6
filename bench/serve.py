"""Times steps on request: `python serve.py numpy|torch one|default`.

Reads lines `name count` and answers each with the seconds that `count` steps
took, or with `error …`. Runs on one thread, or on as many as the library takes
by default.
"""

import os
import sys
import time

ONE = sys.argv[2] == "one"
if ONE:  # read when the libraries are loaded
    for variable in ("OMP", "OPENBLAS", "MKL"):
        os.environ[variable + "_NUM_THREADS"] = "1"


def main() -> None:
    if sys.argv[1] == "torch":
        import torch
        import torch_steps as steps

        if ONE:
            torch.set_num_threads(1)
    else:
        import numpy_steps as steps
    print("ready", steps.VERSION, flush=True)
    made = {}
    for line in sys.stdin:
        name, count = line.split()
        try:
            if name not in made:
                made[name] = steps.make(name)
            step = made[name]
            start = time.perf_counter()
            for _ in range(int(count)):
                step()
            print(time.perf_counter() - start, flush=True)
        except Exception as error:  # reported in the table
            print("error", repr(error).replace("\n", " "), flush=True)


if __name__ == "__main__":
    main()
