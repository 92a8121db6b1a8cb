"""Files of weights, whoever wrote them, read as data: packing, wrappings, prefixes, names of tensors."""
