"""Neural EM by its authors' scheme, in PyTorch: what does length alone give?

    pip install -r bench/requirements.txt scikit-learn==1.9.1 safetensors==0.8.0
    python bench/torch_neural_em_scheme.py --seed 0 --minutes 150

The configuration of `PAPER_SCHEME` (data/experiments/neural_em.ts), on two
threads some three times as fast as `deno task train:neural_em --scheme paper`:
28 x 28 images of three shapes, K 4, T 15, 250 sigmoid units, Adam 1e-3, 64 of
50,000 images a step, input flipped with probability 0.1 anew in every EM step,
loss of the last step, gradient through gamma, no clipping; until the loss on
1,000 validation images has not improved for ten epochs.

Goes on where it stopped, from its state in `.cache/`, or where that is gone from
what it recorded, with Adam's moments anew. Writes to `data/` a row an epoch,
`results/neural_em_torch_seed<N>.json`, and the parameters of least validation
loss, `checkpoints/neural_em_torch_seed<N>.safetensors`, which `restoreNeuralEm`
reads. AMI is scikit-learn's, over both entropies.
"""

import argparse
import json
import time
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file, save_file
from sklearn.metrics import adjusted_mutual_info_score

CANVAS, OBJECTS, TRAIN, VALID, SCORED = 28, 3, 50_000, 1000, 200
D, H, K, T = CANVAS * CANVAS, 250, 4, 15
BATCH, RATE, NOISE, EPOCHS, PATIENCE = 64, 1e-3, 0.1, 500, 10
TINY = 1e-6
CONFIG = {"canvas": CANVAS, "components": K, "hidden": H, "steps": T}
ROOT = Path(__file__).resolve().parent.parent


def raster(*rows):
    return np.array([[c == "#" for c in row] for row in rows])


SQUARE = raster(*["#######"] * 2, *["##   ##"] * 3, *["#######"] * 2)
TRIANGLE = raster(
    "     ##     ",
    "    ####    ",
    "   ######   ",
    "  ###  ###  ",
    " ###    ### ",
    "############",
    "############",
)
SHAPES = [SQUARE, TRIANGLE, TRIANGLE[::-1]]


def draw_images(rng, count):
    """Images and labels, count x D; 0 where there is no shape, or more than one."""
    covered = np.zeros((count, CANVAS, CANVAS), np.uint8)
    labels = np.zeros_like(covered)
    for image, label in zip(covered, labels):
        for k in range(OBJECTS):
            shape = SHAPES[rng.integers(len(SHAPES))]
            h, w = shape.shape
            top, left = rng.integers(CANVAS - h + 1), rng.integers(CANVAS - w + 1)
            image[top : top + h, left : left + w] += shape
            label[top : top + h, left : left + w][shape] = k + 1
        label[image > 1] = 0
    images = torch.tensor((covered > 0).reshape(count, D), dtype=torch.float32)
    return images, labels.reshape(count, D)


def rounded(x):
    return x if isinstance(x, int) else float(f"{x:.6g}")


def glorot(rows, cols):
    return (torch.rand(rows, cols) * 2 - 1) * (6 / (rows + cols)) ** 0.5


@torch.compile(dynamic=False)
def em_step(x, flip, gamma, psi, h, W, b, V, c):
    """One M-step (2) and E-step (1); gamma and psi are batch x K x D."""
    noisy = x + flip - 2 * x * flip
    read = (gamma * (noisy - psi)).reshape(-1, D)
    h = torch.sigmoid(read @ W[:D] + h @ W[D:] + b)
    psi = torch.sigmoid(h @ V + c).reshape(-1, K, D)
    likelihood = x * psi + (1 - x) * (1 - psi) + TINY
    return h, psi, likelihood / likelihood.sum(1, keepdim=True)


def unrolled(params, images):
    """The loss (3) of the last of T steps, nats an image, and its gamma."""
    count = len(images)
    x = images[:, None]
    h = torch.zeros(count * K, H)
    psi = torch.zeros(count, K, D)
    gamma = torch.randn(count, K, D).abs()
    gamma = gamma / gamma.sum(1, keepdim=True)
    flips = [(torch.rand(count, 1, D) < NOISE).float() for _ in range(T)]
    for flip in flips:
        h, psi, gamma = em_step(x, flip, gamma, psi, h, *params.values())
    psi = psi.clamp(TINY, 1 - TINY)
    silent = -(1 - psi).log()
    within = -(x * psi.log() + (1 - x) * (1 - psi).log())
    return (gamma * within + (1 - gamma) * silent).sum() / count, gamma


def validate(params, images, labels):
    """Loss of all validation images, AMI of the first."""
    with torch.no_grad():
        losses = [float(unrolled(params, part)[0]) for part in images.split(100)]
        groups = unrolled(params, images[:SCORED])[1].argmax(1).numpy()
    scores = {}
    for key, over in ("ami", "arithmetic"), ("amiMax", "max"):
        each = [
            adjusted_mutual_info_score(true[true > 0], found[true > 0], average_method=over)
            for true, found in zip(labels, groups)
        ]
        scores[key] = float(np.mean(each))
    return {"evalLoss": float(np.mean(losses)), **scores}


def checkpoint(params, seed, step):
    """Names and configuration as the project's own checkpoints have them."""
    W, b, V, c = (p.detach().clone() for p in params.values())
    tensors = {
        "inputWeights": W[:D].contiguous(),
        "stateWeights": W[D:].contiguous(),
        "stateBias": b[None],
        "outputWeights": V,
        "outputBias": c[None],
    }
    return tensors, {"config": json.dumps(CONFIG), "seed": f"{seed}", "step": f"{step}"}


def run_of(rows, anew, seed):
    """What is recorded of a run, a line an epoch; after which epochs Adam began anew."""
    program = Path(__file__).name
    head = {
        "command": f"python bench/{program} --seed {seed}",
        "seed": seed,
        "config": CONFIG,
        "anew": anew,
        "seconds": round(sum(row["seconds"] for row in rows)),
    }
    lines = ",\n".join(json.dumps(row) for row in rows)
    return f'{json.dumps(head)[:-1]}, "rows": [\n{lines}\n]}}\n'


def best_epoch(rows):
    """Epoch of least validation loss, from 1; 0 before the first."""
    return min(rows, key=lambda row: row["evalLoss"], default={"epoch": 0})["epoch"]


def going_on(rows):
    """Whether the scheme has not ended yet."""
    return len(rows) < min(EPOCHS, best_epoch(rows) + PATIENCE)


def recorded(file):
    """What `checkpoint` made of the parameters."""
    tensors = load_file(file)
    W = torch.cat([tensors["inputWeights"], tensors["stateWeights"]])
    return W, tensors["stateBias"][0], tensors["outputWeights"], tensors["outputBias"][0]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--minutes", type=float, default=150)
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--out", type=Path, default=ROOT / "data")
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    torch.manual_seed(args.seed)
    name = f"neural_em_torch_seed{args.seed}"
    state_file = ROOT / ".cache" / f"{name}.pt"
    run_file = args.out / "results" / f"{name}.json"
    best_file = args.out / "checkpoints" / f"{name}.safetensors"
    for file in state_file, run_file, best_file:
        file.parent.mkdir(parents=True, exist_ok=True)
    run = json.loads(run_file.read_text()) if best_file.exists() else {"rows": []}
    if run["rows"] and not going_on(run["rows"]):
        return print(f"the recorded run has ended by itself: {run_file}")

    params = {"W": glorot(D + H, H), "b": torch.zeros(H), "V": glorot(H, D), "c": torch.zeros(D)}
    leaves = [p.requires_grad_() for p in params.values()]
    optimizer = torch.optim.Adam(leaves, lr=RATE)
    rng = np.random.default_rng(1000 + args.seed)
    train, _ = draw_images(rng, TRAIN)
    valid, labels = draw_images(rng, VALID)
    rows, anew = [], []
    state = torch.load(state_file, weights_only=True) if state_file.exists() else {"rows": []}
    if run["rows"] and len(state["rows"]) >= len(run["rows"]):
        rows, anew, values = state["rows"], state["anew"], state["params"]
        optimizer.load_state_dict(state["optimizer"])
        torch.set_rng_state(state["rng"])
    elif run["rows"]:
        rows, values = run["rows"][: best_epoch(run["rows"])], recorded(best_file)
        anew = [*run["anew"], len(rows)]
        torch.manual_seed(args.seed + 1000 * len(rows))
    else:
        values = params.values()
    with torch.no_grad():
        for leaf, value in zip(leaves, values):
            leaf.copy_(value)

    start = time.time()
    while going_on(rows):
        if time.time() - start > 60 * args.minutes:
            break
        began, losses = time.time(), []
        order = torch.randperm(TRAIN)
        for chosen in order.split(BATCH)[: TRAIN // BATCH]:
            loss, _ = unrolled(params, train[chosen])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
        epoch = len(rows) + 1
        row = {
            "epoch": epoch,
            "step": epoch * (TRAIN // BATCH),
            "loss": float(np.mean(losses)),
            **validate(params, valid, labels),
            "seconds": time.time() - began,
        }
        rows.append({key: rounded(x) for key, x in row.items()})
        print(json.dumps(rows[-1]), flush=True)
        if best_epoch(rows) == epoch:
            tensors, metadata = checkpoint(params, args.seed, row["step"])
            save_file(tensors, best_file, metadata)
        state = {"rows": rows, "anew": anew, "optimizer": optimizer.state_dict()}
        state["params"] = [p.detach() for p in leaves]
        state["rng"] = torch.get_rng_state()
        torch.save(state, state_file)
        run_file.write_text(run_of(rows, anew, args.seed))
    ended = "as the time was up" if going_on(rows) else "by itself"
    best = best_epoch(rows)
    print(f"ended {ended} after epoch {len(rows)}; least validation loss in epoch {best}")


if __name__ == "__main__":
    main()
