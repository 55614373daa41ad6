"""Times steps on request: `python serve.py numpy|torch`.

Reads lines `name count` and answers each with the seconds that `count` steps
took, or with `error …`. Everything runs on one thread.
"""

import os

for variable in ("OMP", "OPENBLAS", "MKL"):
    os.environ[variable + "_NUM_THREADS"] = "1"

import sys
import time


def main() -> None:
    if sys.argv[1] == "torch":
        import torch_steps as steps
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
