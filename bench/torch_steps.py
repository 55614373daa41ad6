"""The same steps in PyTorch, float32, one thread.

Written as a good user would: modules' parameters as tensors, autograd where
there is a loss, the built-in optimisers, no loop over examples.
"""

import torch
from torch.nn import functional as fn

VERSION = torch.__version__
torch.set_num_threads(1)
torch.manual_seed(1)


def make(name):
    kind, _, rest = name.partition(":")
    if kind in ("matmul", "matmulTN", "matmulNT"):
        m, k, n = map(int, rest.split("x"))
        a = torch.randn(m, k) if kind != "matmulTN" else torch.randn(k, m).T
        b = torch.randn(k, n) if kind != "matmulNT" else torch.randn(n, k).T
        out = torch.empty(m, n)
        return lambda: torch.mm(a, b, out=out)
    if kind == "map":
        x = 3 * torch.randn(96, 576)
        if rest == "softplus":
            return lambda: fn.softplus(x)
        if rest == "log":
            x = x.abs()
        out = torch.empty_like(x)
        function = getattr(torch, rest)
        return lambda: function(x, out=out)
    return {
        "imax": imax,
        "population": population,
        "neural_em": neural_em,
        "wake_sleep": wake_sleep,
    }[kind]()


def leaf(*shape, scale=0.0):
    return (scale * torch.randn(*shape)).requires_grad_()


def descent(optimizer, loss_of_batch, limit=None):
    """An update; `limit` clips the gradient's norm."""

    def step():
        loss = loss_of_batch()
        optimizer.zero_grad()
        loss.backward()
        if limit:
            params = optimizer.param_groups[0]["params"]
            torch.nn.utils.clip_grad_norm_(params, limit)
        optimizer.step()

    return step


WIDTH, SHIFT, BATCH = 10, 3, 256


def stereo_pair(d):
    pad = SHIFT + 1
    views = []
    for _ in range(2):
        dots = (2 * torch.randint(0, 2, (len(d), WIDTH + 2 * pad)) - 1).float()
        base = torch.floor(pad - d)
        part = (pad - d - base)[:, None]
        at = base.long()[:, None] + torch.arange(WIDTH)
        right = (1 - part) * dots.gather(1, at) + part * dots.gather(1, at + 1)
        views.append(torch.cat([dots[:, pad : pad + WIDTH], right], 1))
    return views


def products(strip):
    left, right = strip[:, :WIDTH], strip[:, WIDTH:]
    padded = fn.pad(right, (SHIFT, SHIFT))
    shifts = padded.unfold(1, WIDTH, 1)  # n × 7 × width
    return torch.cat([strip, (left[:, None] * shifts).flatten(1)], 1)


def imax():
    inputs, hidden = 90, 48
    nets = [
        (
            leaf(inputs, hidden, scale=0.5 / inputs**0.5),
            leaf(hidden),
            leaf(hidden, 1, scale=0.5 / hidden**0.5),
            leaf(1),
        )
        for _ in range(2)
    ]
    params = [p for net in nets for p in net]
    optimizer = torch.optim.SGD(params, lr=0.05, momentum=0.9, weight_decay=1e-5)

    def loss_of_batch():
        d = 2 * SHIFT * torch.rand(BATCH) - SHIFT
        a, b = (
            torch.addmm(b2, torch.sigmoid(torch.addmm(b1, products(strip), w1)), w2)
            for strip, (w1, b1, w2, b2) in zip(stereo_pair(d), nets)
        )
        total = a.var(correction=0) + b.var(correction=0)
        loss = -0.5 * torch.log(total / (a - b).var(correction=0))
        return loss

    return descent(optimizer, loss_of_batch)


def population():
    pixels, hidden, dims, units, batch = 64, 64, 3, 225, 64
    images = torch.rand(2000, pixels)
    w1, b1 = leaf(pixels, hidden, scale=0.12), leaf(hidden)
    w2, b2 = leaf(hidden, dims, scale=0.17), leaf(dims)
    centres = torch.rand(units, dims).requires_grad_()
    v, c = leaf(units, pixels, scale=0.08), leaf(pixels)
    optimizer = torch.optim.SGD([w1, b1, w2, b2, centres, v, c], lr=0.1)
    state = {"order": torch.randperm(2000), "start": 0}

    def loss_of_batch():
        if state["start"] + batch > 2000:
            state["order"], state["start"] = torch.randperm(2000), 0
        x = images[state["order"][state["start"] : state["start"] + batch]]
        state["start"] += batch
        m = torch.sigmoid(torch.addmm(b2, torch.tanh(torch.addmm(b1, x, w1)), w2))
        squares = (centres - m[:, None]).square().sum(2)
        bumps = torch.exp(squares * (-0.5 / 0.18**2))
        loss = 0.5 * (torch.addmm(c, bumps, v) - x).square().sum() / batch
        return loss

    return descent(optimizer, loss_of_batch)


def neural_em():
    batch, K, D, H, T = 32, 3, 576, 24, 4
    images = (torch.rand(1024, 1, D) < 0.21).float()
    wx, wh, bh = leaf(D, H, scale=0.04), leaf(H, H, scale=0.2), leaf(H)
    wd, bd, start = leaf(H, D, scale=0.04), leaf(D), leaf(K, H, scale=0.5)
    params = [wx, wh, bh, wd, bd, start]
    optimizer = torch.optim.Adam(params, lr=3e-3)

    def loss_of_batch():
        x = images[torch.randint(0, 1024, (batch,))]
        x = torch.where(torch.rand(x.shape) < 0.1, 1 - x, x)
        sign, base = 2 * x - 1, 1 - x + 1e-6
        h = start + 0.1 * torch.randn(batch, K, H)
        loss = 0
        for t in range(T):
            psi = torch.sigmoid(h @ wd + bd)
            like = base + sign * psi
            total = like.sum(1, keepdim=True)
            loss = loss - torch.log(total / K).sum()
            if t < T - 1:
                residual = like / total * (x - psi)
                h = torch.tanh(residual @ wx + h @ wh + bh)
        return loss / (batch * T)

    return descent(optimizer, loss_of_batch, limit=5.0)


@torch.no_grad()
def wake_sleep():
    V, H, T, rate = 32, 16, 4, 0.1
    gt, gh, gv = torch.zeros(T), torch.zeros(H), torch.full((V,), -0.85)
    wth, whv = 0.1 * torch.randn(T, H), 0.1 * torch.randn(H, V)
    rvh, rh = 0.1 * torch.randn(V, H), torch.zeros(H)
    rht, rt = 0.1 * torch.randn(H, T), torch.zeros(T)

    def learn(weights, bias, below, target, p):
        delta = rate * (target - p)
        bias.add_(delta)
        weights.addr_(below, delta)

    @torch.no_grad()
    def step():
        row = (torch.rand(8) < 0.3).float()
        shifted = torch.roll(row, 1 if torch.rand(()) < 0.5 else -1)
        v = torch.cat([row, row, shifted, shifted])
        h = torch.bernoulli(torch.sigmoid(rh + v @ rvh))
        t = torch.bernoulli(torch.sigmoid(rt + h @ rht))
        gt.add_(rate * (t - torch.sigmoid(gt)))
        learn(wth, gh, t, h, torch.sigmoid(gh + t @ wth))
        learn(whv, gv, h, v, torch.sigmoid(gv + h @ whv))
        t = torch.bernoulli(torch.sigmoid(gt))
        h = torch.bernoulli(torch.sigmoid(gh + t @ wth))
        v = torch.bernoulli(torch.sigmoid(gv + h @ whv))
        learn(rvh, rh, v, h, torch.sigmoid(rh + v @ rvh))
        learn(rht, rt, h, t, torch.sigmoid(rt + h @ rht))

    return step
