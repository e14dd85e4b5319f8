"""Files of network weights: tensors with their masks, to layers, kept parameters and a proposed Hessian."""
