"""Any decoder that comes as ONNX: looked at, wrapped, tried."""
