"""What relief shows that may be reported: urgent calls, open or ended."""

from __future__ import annotations

from collections.abc import Collection

from django.urls import reverse
from django.utils import timezone

from horizon.kernel.refusal import Refused
from horizon.kernel.registry import Content, ContentKind, declare_content
from horizon.relief.models import UrgentCall
from horizon.relief.services.calling import hold_call, publish_call, put_call_back, refuse_call, withdraw_call


def declare() -> None:
    """Tells the kernel about urgent calls."""
    declare_content("urgent_call", ContentKind(_calls, _take_away, _put_back, _authors))


def _calls(keys: Collection[str], public: bool) -> dict[str, Content]:
    return {
        call.public_id: Content(
            "L’appel", f"{call.title}. {call.text}".strip(), reverse("relief:call", args=[call.public_id])
        )
        for call in UrgentCall.objects.filter(public_id__in=keys)
        if not public or call.status in UrgentCall.PUBLIC
    }


def _take_away(key: str, reason: str, actor: str) -> None:
    call = UrgentCall.objects.get(public_id=key)
    take_off = withdraw_call if call.status == UrgentCall.CLOSED else refuse_call
    take_off(call, reason, actor=actor)


def _put_back(key: str, actor: str) -> None:
    call = UrgentCall.objects.get(public_id=key)
    if call.status == UrgentCall.WITHDRAWN:
        put_call_back(call, actor=actor)
        return
    if call.status != UrgentCall.REFUSED:
        raise Refused(f"L’appel est {call.get_status_display()}.")
    if call.until_at <= timezone.now():
        raise Refused("Son heure de fin est passée.")
    publish_call(hold_call(call, actor=actor), actor=actor)


def _authors(key: str) -> list[str]:
    call = UrgentCall.objects.select_related("author").filter(public_id=key).first()
    return [call.author.email] if call and call.author else []
