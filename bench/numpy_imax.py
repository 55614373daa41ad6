"""Imax in numpy: the reference's step, and that from pixels."""

import numpy as np

from numpy_parts import F, adam, normal, rng, sigmoid

WIDTH, SHIFT = 10, 3


def stereo_pair(d):
    """Two strips, n × 20 each, at disparities d."""
    pad = SHIFT + 1
    views = []
    for _ in range(2):
        dots = (2 * rng.integers(0, 2, (len(d), WIDTH + 2 * pad)) - 1).astype(F)
        base = np.floor(pad - d).astype(np.int64)
        part = (pad - d - base).astype(F)[:, None]
        at = base[:, None] + np.arange(WIDTH)
        right = (1 - part) * np.take_along_axis(dots, at, 1)
        right += part * np.take_along_axis(dots, at + 1, 1)
        views.append(np.concatenate([dots[:, pad : pad + WIDTH], right], 1))
    return views


def products(strip):
    """Left, right and left[i] · right[i + k] for |k| ≤ 3: n × 90."""
    left, right = strip[:, :WIDTH], strip[:, WIDTH:]
    out = np.zeros((len(strip), (3 + 2 * SHIFT) * WIDTH), F)
    out[:, : 2 * WIDTH] = strip
    for j, k in enumerate(range(-SHIFT, SHIFT + 1)):
        first, end = max(0, -k), min(WIDTH, WIDTH - k)
        to = (2 + j) * WIDTH
        out[:, to + first : to + end] = left[:, first:end] * right[:, first + k : end + k]
    return out


def imax(batch):
    inputs, hidden, rate, momentum, decay = 90, 48, F(0.05), F(0.9), F(1e-5)
    nets = []
    for _ in range(2):
        params = [
            normal(inputs, hidden, scale=0.5 / inputs**0.5),
            np.zeros(hidden, F),
            normal(hidden, 1, scale=0.5 / hidden**0.5),
            np.zeros(1, F),
        ]
        nets.append((params, [np.zeros_like(p) for p in params]))

    def step():
        d = rng.uniform(-SHIFT, SHIFT, batch)
        xs = [products(strip) for strip in stereo_pair(d)]
        hs, ys = [], []
        for x, ((w1, b1, w2, b2), _) in zip(xs, nets):
            hs.append(sigmoid(x @ w1 + b1))
            ys.append((hs[-1] @ w2 + b2)[:, 0])
        a, b = (y - y.mean() for y in ys)
        total = (a @ a + b @ b) / batch
        gap = a - b
        difference = gap @ gap / batch
        loss = -0.5 * np.log(total / difference)
        das = (
            (gap / difference - a / total) / batch,
            (-gap / difference - b / total) / batch,
        )
        for x, h, dy, (params, velocities) in zip(xs, hs, das, nets):
            dy = dy[:, None]
            dh = (dy @ params[2].T) * h * (1 - h)
            grads = (x.T @ dh, dh.sum(0), h.T @ dy, dy.sum(0))
            for p, v, g in zip(params, velocities, grads):
                v *= momentum
                v -= rate * (g + decay * p)
                p += v
        return loss

    return step


def pixels_gradients(p, x, past):
    """Loss −½ ln [det C(a + b) / det C(a − b)] and its gradients.

    x holds the strips of one module below those of the other; `past` the
    running covariance of both modules' outputs and its weight.
    """
    h1 = np.maximum(x @ p["w1"] + p["b1"], 0)
    h2 = np.maximum(h1 @ p["w2"] + p["b2"], 0)
    y = h2 @ p["w3"] + p["b3"]
    n, k = len(x) // 2, y.shape[1]
    both = np.concatenate([y[:n], y[n:]], 1)
    both -= both.mean(0)
    past["weight"] = 0.98 * past["weight"] + 1
    running = past["covariance"]
    running += (both.T @ both / n - running) / past["weight"]
    within = running[:k, :k] + running[k:, k:] + 1e-6 * np.eye(k)
    across = running[:k, k:] + running[k:, :k]
    together, apart = within + across, within - across
    loss = -0.5 * (np.linalg.slogdet(together)[1] - np.linalg.slogdet(apart)[1])
    s, d = np.linalg.inv(together), np.linalg.inv(apart)
    pull = np.block([[s - d, s + d], [s + d, s - d]]).astype(F)
    dboth = both @ pull / F(-n)
    dy = np.concatenate([dboth[:, :k], dboth[:, k:]])
    d2 = (dy @ p["w3"].T) * (h2 > 0)
    d1 = (d2 @ p["w2"].T) * (h1 > 0)
    return loss, {
        "w1": x.T @ d1,
        "b1": d1.sum(0),
        "w2": h1.T @ d2,
        "b2": d2.sum(0),
        "w3": h2.T @ dy,
        "b3": dy.sum(0),
    }


def imax_pixels(batch):
    params = {}
    sizes = (2 * WIDTH, 128, 64, 3)
    for i, (inputs, units) in enumerate(zip(sizes, sizes[1:]), 1):
        params[f"w{i}"] = normal(inputs, units, scale=(2 / inputs) ** 0.5)
        params[f"b{i}"] = np.zeros(units, F)
    past = {"covariance": np.zeros((6, 6)), "weight": 0}
    update, steps = adam(params), [0]

    def step():
        d = rng.integers(-SHIFT, SHIFT + 1, batch)
        x = np.concatenate(stereo_pair(d))
        loss, grads = pixels_gradients(params, x, past)
        update(grads, 4e-3 * 0.5 * (1 + np.cos(np.pi * steps[0] / 3000)))
        steps[0] += 1
        return loss

    return step
