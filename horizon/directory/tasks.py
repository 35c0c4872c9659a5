"""What the worker does for the directory, away from any page."""

from django_tasks import task

from horizon.directory.services import fetch_territory_outlines


@task()
def fetch_outlines_task() -> int:
    """Fetches the official outlines of the published territory."""
    return fetch_territory_outlines(actor="worker")
