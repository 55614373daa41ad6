"""The same steps in PyTorch, float32.

Written as a good user would: modules' parameters as tensors, autograd where
there is a loss, the built-in optimisers, no loop over examples.
"""

import torch
from torch.nn import functional as fn

VERSION = torch.__version__
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
    return STEPS[kind](int(rest))


def leaf(*shape, scale=0.0):
    return (scale * torch.randn(*shape)).requires_grad_()


def descent(optimizer, loss_of_batch, limit=None, schedule=None):
    """An update; `limit` clips the gradient's norm."""

    def step():
        loss = loss_of_batch()
        optimizer.zero_grad()
        loss.backward()
        if limit:
            params = optimizer.param_groups[0]["params"]
            torch.nn.utils.clip_grad_norm_(params, limit)
        optimizer.step()
        if schedule:
            schedule.step()

    return step


WIDTH, SHIFT = 10, 3


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


def imax(batch):
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
        d = 2 * SHIFT * torch.rand(batch) - SHIFT
        a, b = (
            torch.addmm(b2, torch.sigmoid(torch.addmm(b1, products(strip), w1)), w2)
            for strip, (w1, b1, w2, b2) in zip(stereo_pair(d), nets)
        )
        total = a.var(correction=0) + b.var(correction=0)
        loss = -0.5 * torch.log(total / (a - b).var(correction=0))
        return loss

    return descent(optimizer, loss_of_batch)


def pixels_loss(params, x, past):
    """Imax of three outputs a module, of a running covariance.

    The gradient is that by the batch's covariance, at the running one.
    """
    w1, b1, w2, b2, w3, b3 = params
    h = torch.relu(torch.addmm(b2, torch.relu(torch.addmm(b1, x, w1)), w2))
    both = torch.cat(torch.addmm(b3, h, w3).chunk(2), 1)
    covariance = torch.cov(both.T, correction=0)
    past["weight"] = 0.98 * past["weight"] + 1
    with torch.no_grad():
        past["covariance"].lerp_(covariance, 1 / past["weight"])
    running = covariance + (past["covariance"] - covariance).detach()
    k = len(b3)
    within = running[:k, :k] + running[k:, k:] + 1e-6 * torch.eye(k)
    across = running[:k, k:] + running[k:, :k]
    return 0.5 * (torch.logdet(within - across) - torch.logdet(within + across))


def imax_pixels(batch):
    params = []
    sizes = (2 * WIDTH, 128, 64, 3)
    for inputs, units in zip(sizes, sizes[1:]):
        params += [leaf(inputs, units, scale=(2 / inputs) ** 0.5), leaf(units)]
    past = {"covariance": torch.zeros(6, 6), "weight": 0}
    optimizer = torch.optim.Adam(params, lr=4e-3)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, 3000)

    def loss_of_batch():
        d = torch.randint(-SHIFT, SHIFT + 1, (batch,))
        return pixels_loss(params, torch.cat(stereo_pair(d)), past)

    return descent(optimizer, loss_of_batch, schedule=schedule)


COUNT = 2048  # images: whole batches


def population(batch):
    pixels, hidden, dims, units = 64, 64, 3, 225
    images = torch.rand(COUNT, pixels)
    w1, b1 = leaf(pixels, hidden, scale=0.12), leaf(hidden)
    w2, b2 = leaf(hidden, dims, scale=0.17), leaf(dims)
    centres = torch.rand(units, dims).requires_grad_()
    v, c = leaf(units, pixels, scale=0.08), leaf(pixels)
    optimizer = torch.optim.SGD([w1, b1, w2, b2, centres, v, c], lr=0.1)
    state = {"order": torch.randperm(COUNT), "start": 0}

    def loss_of_batch():
        if state["start"] + batch > COUNT:
            state["order"], state["start"] = torch.randperm(COUNT), 0
        x = images[state["order"][state["start"] : state["start"] + batch]]
        state["start"] += batch
        m = torch.sigmoid(torch.addmm(b2, torch.tanh(torch.addmm(b1, x, w1)), w2))
        squares = (centres - m[:, None]).square().sum(2)
        bumps = torch.exp(squares * (-0.5 / 0.18**2))
        loss = 0.5 * (torch.addmm(c, bumps, v) - x).square().sum() / batch
        return loss

    return descent(optimizer, loss_of_batch)


def neural_em(batch):
    K, D, H, T = 3, 576, 24, 4
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


def paper_loss(params, x, inputs, gamma):
    """Loss after the last step, as `paper_gradients` of numpy_neural_em.py."""
    wx, wh, bh, wd, bd = params
    sign, base = 2 * x - 1, 1 - x + 1e-6
    h = torch.zeros(*gamma.shape[:2], len(bh))
    residual = gamma * inputs[0]
    for t in range(len(inputs)):
        h = torch.sigmoid(residual @ wx + h @ wh + bh)
        logits = h @ wd + bd
        psi = torch.sigmoid(logits)
        like = base + sign * psi
        gamma = like / like.sum(1, keepdim=True)
        if t + 1 < len(inputs):
            residual = gamma * (inputs[t + 1] - psi)
    return (fn.softplus(logits) - gamma * x * logits).sum() / len(x)


def neural_em_paper(batch):
    K, D, H, T = 4, 784, 250, 15
    images = (torch.rand(1024, 1, D) < 0.17).float()
    wx, wh, bh = leaf(D, H, scale=0.04), leaf(H, H, scale=0.04), leaf(H)
    params = [wx, wh, bh, leaf(H, D, scale=0.04), leaf(D)]
    optimizer = torch.optim.Adam(params, lr=1e-3)

    def loss_of_batch():
        x = images[torch.randint(0, 1024, (batch,))]
        flips = torch.rand(T, *x.shape) < 0.1
        gamma = torch.randn(batch, K, D).abs()
        gamma = gamma / gamma.sum(1, keepdim=True)
        return paper_loss(params, x, torch.where(flips, 1 - x, x), gamma)

    return descent(optimizer, loss_of_batch)


@torch.no_grad()
def wake_sleep(H):
    V, T, rate = 32, 4, 0.1
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


# The steps of any size: of the batch, or of the layer of hidden units.
STEPS = {
    "imax": imax,
    "imax_pixels": imax_pixels,
    "population": population,
    "neural_em": neural_em,
    "neural_em_paper": neural_em_paper,
    "wake_sleep": wake_sleep,
}
