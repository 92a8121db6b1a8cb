#!/usr/bin/env bash
# torch's ONNX exporter removes "+ 1e-8" from a normalisation, and the exported network gives NaN at the origin.
#
# Versions   torch 2.13.0, onnxscript 0.7.2, onnx 1.23.2, onnxruntime 1.31.1
# Expected   a mapping that begins with z * rsqrt(mean(z^2) + 1e-8), as those of StyleGANs do, gives 0 at z = 0 in torch
#            and in the ONNX file alike
# Seen       torch.onnx.export (the exporter that is used unless dynamo=False) leaves the addition out: the file gives
#            NaN. With 1.1e-8 it is kept; with optimize=False, and by the older exporter, 1e-8 is kept too
# Source     the optimiser of onnxscript that the exporter calls has a rule x + 0 -> x, and its matcher takes constants
#            for 0 that are within 1e-8 of it (onnxscript/rewriter/_matcher.py, math.isclose with abs_tol)
# Meets      whoever exports a StyleGAN for live use: psi 0, a silent input and warming up all feed z = 0
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q torch==2.13.0 onnx==1.23.2 onnxscript==0.7.2 onnxruntime==1.31.1 numpy
cd "$work"
"$work/venv/bin/python" - <<'PY'
import logging, sys, warnings
warnings.simplefilter("ignore"); logging.disable(logging.WARNING)
import numpy as np, onnx, onnxruntime, torch


def network(epsilon):
    class Normalise(torch.nn.Module):
        def forward(self, z):
            return z * (z.square().mean(1, keepdim=True) + epsilon).rsqrt()
    return Normalise().eval()


def exported(epsilon, **how):
    torch.onnx.export(network(epsilon), (torch.zeros(1, 8),), "net.onnx", input_names=["z"], verbose=False, **how)
    names = [node.op_type for node in onnx.load("net.onnx").graph.node]
    result = onnxruntime.InferenceSession("net.onnx").run(None, {"z": np.zeros((1, 8), np.float32)})[0]
    return "Add" in names, bool(np.isnan(result).any())


def told(name, added, nan):
    print(f"{name:32} addition {'kept' if added else 'gone'}, at z = 0 {'NaN' if nan else '0'}")
    return added, nan


print("in torch, at z = 0:", network(1e-8)(torch.zeros(1, 8))[0, 0].item())
seen = [
    told("1e-8, as it comes", *exported(1e-8)),
    told("1.1e-8, as it comes", *exported(1.1e-8)),
    told("1e-8, optimize=False", *exported(1e-8, optimize=False)),
    told("1e-8, dynamo=False", *exported(1e-8, dynamo=False)),
]
if seen != [(False, True), (True, False), (True, False), (True, False)]:
    sys.exit("this is no longer so")
PY
