"""The opening state: the truth of a new bench. Written as commits like any other, so that its events are published."""

from __future__ import annotations

from vango.truth.store import AllocationChange, Promotion, Truth

ALLOCATIONS = ("alloc-a", "alloc-b", "alloc-c", "alloc-d")
READY = ALLOCATIONS[:3]
ROUTES = {"shop": "alloc-a", "blog": "alloc-a", "api": "alloc-b"}


def write(truth: Truth) -> str:
    """Write the opening state into an empty truth; return a line for the journal."""
    for allocation in ALLOCATIONS:
        truth.commit(AllocationChange(allocation, "pending"), queue=True)
    for allocation in READY:
        truth.commit(AllocationChange(allocation, "ready"), queue=True)
    for route, owner in ROUTES.items():
        truth.commit(Promotion(route, owner, new=True), queue=True)
    return f"a new truth: {', '.join(f'{route} → {owner}' for route, owner in ROUTES.items())}"
