"""What sensor networks cost on a microcontroller: measured on an emulated Cortex-M, and foretold."""
