"""What the worker does for the directory, away from any page."""

from django_tasks import task

from horizon.directory.services import fetch_territory_outlines
from horizon.directory.sites.services import check_sites


@task()
def fetch_outlines_task() -> int:
    """Fetches the official outlines of the published territory."""
    return fetch_territory_outlines(actor="worker")


@task()
def check_sites_task() -> str:
    """Asks the declared sites whose turn has come."""
    return check_sites()
