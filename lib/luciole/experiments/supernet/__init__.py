"""Search by gradients: its methods compared where the truth is known, and its four limits measured."""
