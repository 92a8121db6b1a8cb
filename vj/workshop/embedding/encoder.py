"""Train the small encoder of sound that ships with vj, or convert NSynth's published one to ONNX.

python -m vj.workshop.embedding                            trains, in minutes, and writes vj/features/_embedding.onnx
python -m vj.workshop.embedding --convert CHECKPOINT       NSynth's variables (model.ckpt-200000, .npz, .safetensors)
                                                           into the user's data folder, where the feature finds them

The small one learns as NSynth's does, by what must be known besides pitch to tell what is heard: from its 16 numbers
and the pitches a decoder tells the mel spectrum of the newest 192 ms, three frames of it.
"""

import argparse
import math
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnx
import torch
from torch import Tensor, nn

from vj.core.types import F32
from vj.features import embedding_net
from vj.workshop.embedding._nets import CHANNELS, HOP, RATE, SmallEncoder, WaveNetEncoder
from vj.workshop.embedding._notes import PITCHES, Notes, notes
from vj.workshop.graph import Graph, Value

#: Notes in the bank.
_BANK = 4096
_STEPS = 2500
#: Notes a step.
_BATCH = 64
_LEARNING_RATE = 1.5e-3
#: Bands of the mel spectrum.
_MELS = 40
_FRAME_SAMPLES = 1024
#: Newest frames, whose spectra the decoder must give.
_FRAMES = 3


def train(bank: Notes, steps: int, rng: torch.Generator) -> tuple[SmallEncoder, float]:
    """An encoder whose numbers have mean 0 and deviation 1 over notes, and the error that was left, in nepers rms."""
    encoder = SmallEncoder()
    decoder = nn.Sequential(nn.Linear(CHANNELS + PITCHES, 256), nn.ReLU(), nn.Linear(256, _MELS * _FRAMES))
    optimiser = torch.optim.Adam([*encoder.parameters(), *decoder.parameters()], _LEARNING_RATE)
    filters, left = _mel_filters(), 0.0
    for step in range(steps):
        for group in optimiser.param_groups:
            group["lr"] = _LEARNING_RATE * (1.0 - step / steps)
        some = bank.mixed(rng, _BATCH)
        told = decoder(torch.cat([encoder(some.sound)[..., 0], some.pitches], 1))
        loss = (told - _spectra(some.sound, filters)).square().mean()
        optimiser.zero_grad()
        torch.autograd.backward(loss)
        optimiser.step()
        left += (float(loss.detach()) - left) * (0.02 if step else 1.0)
    with torch.no_grad():
        made = encoder(bank.mixed(rng, 1024).sound)[..., 0]
        last = encoder.layers[-1]
        assert isinstance(last, nn.Conv1d)
        assert last.bias is not None
        last.weight.div_(made.std(0)[:, None, None])
        last.bias.sub_(made.mean(0)).div_(made.std(0))
    return encoder, left**0.5


def export(encoder: SmallEncoder | WaveNetEncoder, file: Path, made_by: str) -> None:
    """Write `encoder` as ONNX: sound [1, samples] -> embedding [1, 16, vectors], and what must be known of it."""
    g = Graph()
    level = g.reshape(g.input("sound", [1, "samples"]), 1, 1, -1)
    sign, size = g.op("Sign", level), g.op("Log", g.abs(level) * 255.0 + 1.0)
    x = g.op("Floor", sign * size * (128.0 / np.log(256.0))) * (1 / 128)
    g.output(
        "embedding", _small(g, x, encoder) if isinstance(encoder, SmallEncoder) else _wavenet(g, x, encoder), _MADE
    )
    model = g.proto("encoder")
    known = {"window": encoder.window, "ahead": encoder.ahead, "hop": HOP, "rate": RATE, "made_by": made_by}
    onnx.helper.set_model_props(model, {key: str(value) for key, value in known.items()})
    file.parent.mkdir(parents=True, exist_ok=True)
    onnx.save(model, str(file))


_MADE: list[int | str] = [1, CHANNELS, "vectors"]


def _small(g: Graph, x: Value, encoder: SmallEncoder) -> Value:
    for layer in encoder.layers:
        x = _conv(g, x, layer) if isinstance(layer, nn.Conv1d) else g.relu(x)
    return x


def _wavenet(g: Graph, x: Value, encoder: WaveNetEncoder) -> Value:
    x = _conv(g, x, encoder.start)
    for dilated, joined in zip(encoder.dilated, encoder.joined, strict=True):
        assert isinstance(dilated, nn.Conv1d)
        assert isinstance(joined, nn.Conv1d)
        x = x + _conv(g, g.relu(_conv(g, g.relu(x), dilated)), joined)
    return g.op("AveragePool", _conv(g, x, encoder.bottleneck), kernel_shape=[HOP], strides=[HOP])


def _conv(g: Graph, x: Value, layer: nn.Conv1d) -> Value:
    assert layer.bias is not None
    weight, bias = layer.weight.detach().numpy(), layer.bias.detach().numpy()
    assert isinstance(layer.padding, tuple)
    around = {"strides": list(layer.stride), "dilations": list(layer.dilation), "pads": [*layer.padding] * 2}
    return g.op("Conv", x, weight, bias, **around)


def _mel_filters() -> Tensor:
    """[513, 40] triangles between 60 Hz and 7600 Hz, even on the mel scale (O'Shaughnessy, 1987)."""
    hertz = np.linspace(0.0, RATE / 2, _FRAME_SAMPLES // 2 + 1)
    low, high = (2595.0 * math.log10(1.0 + end / 700.0) for end in (60.0, 7600.0))
    mels = np.linspace(low, high, _MELS + 2)
    edges = 700.0 * (10.0 ** (mels / 2595.0) - 1.0)
    rise = (hertz[:, None] - edges[:-2]) / (edges[1:-1] - edges[:-2])
    fall = (edges[2:] - hertz[:, None]) / (edges[2:] - edges[1:-1])
    filters: F32 = np.maximum(0.0, np.minimum(rise, fall)).astype(np.float32)
    return torch.tensor(filters)


def _spectra(sound: Tensor, filters: Tensor) -> Tensor:
    """[N, 120] logarithms of the mel spectrum of the newest three frames."""
    frames = sound[:, -_FRAME_SAMPLES * _FRAMES :].reshape(len(sound), _FRAMES, _FRAME_SAMPLES)
    sizes = torch.fft.rfft(frames * torch.hann_window(_FRAME_SAMPLES)).abs() @ filters
    return torch.log(sizes + 0.05).flatten(1)


def main(arguments: Sequence[str] | None = None) -> int:
    """Train and write, or convert."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--convert", type=Path, help="variables of NSynth's encoder")
    parser.add_argument("--steps", type=int, default=_STEPS)
    parser.add_argument("-o", "--output", type=Path)
    options = parser.parse_args(arguments)
    if options.convert:
        from vj.workshop.embedding._variables import encoder_of, read_variables

        file = options.output or embedding_net.own_file()
        export(encoder_of(read_variables(options.convert)), file, f"converted from {options.convert.name}")
    else:
        torch.manual_seed(0)
        rng = torch.Generator().manual_seed(0)
        encoder, left = train(notes(rng, _BANK), options.steps, rng)
        file = options.output or embedding_net.SHIPPED
        export(encoder, file, f"python -m vj.workshop.embedding --steps {options.steps}")
        sys.stdout.write(f"error {left:.3f} nepers rms\n")
    sys.stdout.write(f"{file}\n")
    return 0
