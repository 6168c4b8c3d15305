"""The one-machine service, killed and measured."""
