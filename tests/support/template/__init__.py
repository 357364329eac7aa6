"""The synthesized templates: the deployments, what roles may do, references resolved."""
