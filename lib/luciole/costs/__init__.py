"""What networks cost: parameters, multiply-accumulates, latency, memory, energy and carbon."""
