"""The network's own numbers beside a derivation's steps."""
