"""`monitor story`."""

import click


@click.group()
def story() -> None:
    """X"""
