"""The int8 engine's arithmetic, simulated: weights by output channel in 8 bits, activations by row in 7 bits."""
import torch
from torch import nn
from torch.nn import functional


class Straight(torch.autograd.Function):
    """Rounds forward; gradients pass as if it had not."""

    @staticmethod
    def forward(_, values):
        return values.round()

    @staticmethod
    def backward(_, gradient):
        return gradient


def rounded_weight(weight):
    """Symmetric, a scale a row of [out, in]: -127..127."""
    scale = weight.detach().abs().amax(dim=1, keepdim=True).clamp_min(1e-12) / 127
    return Straight.apply(weight / scale) * scale


def rounded_rows(rows, levels=127):
    """Asymmetric, a scale and a zero point a row: 0..levels."""
    low = rows.detach().amin(dim=-1, keepdim=True).clamp_max(0)
    high = rows.detach().amax(dim=-1, keepdim=True).clamp_min(0)
    scale = ((high - low) / levels).clamp_min(1e-12)
    zero = (-low / scale).round()
    return (Straight.apply(rows / scale + zero).clamp(0, levels) - zero) * scale


class Rounded(nn.Linear):
    def forward(self, rows):
        return functional.linear(rounded_rows(rows), rounded_weight(self.weight), self.bias)


def simulate(network):
    """Makes every linear layer but the head compute as the engine will; the word table is rounded in place."""
    for name, module in network.named_modules():
        if isinstance(module, nn.Linear) and name != "head":
            module.__class__ = Rounded
    with torch.no_grad():
        network.word.weight.copy_(rounded_weight(network.word.weight))
