"""Small sensor networks: searched, trained beside hand-made ones, deployed, on a stream."""
