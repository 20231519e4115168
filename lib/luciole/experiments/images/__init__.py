"""Networks trained from scratch on small images."""
