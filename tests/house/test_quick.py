"""What comes every minute does nothing that lasts: it holds back letters and lists, and nothing holds back the seals."""

import ast
import inspect
import sys
import textwrap
import types
from importlib import import_module
from pathlib import Path

from django_tasks.base import Task

from horizon.kernel import periodic

ROOT = Path(__file__).resolve().parent.parent.parent
TURNS = {  # loops of quick jobs without an end written in them, and what ends them
    "seal_committed": "alone in its loop; each batch is a transaction, and it stops when told",
    "slots_between": "the parts of the days of one call, three days at most",
}


def functions_called(function):
    """The functions of horizon that a function names: called, passed on, or reached through a module. Not what `.enqueue` will do."""
    spelled = ast.parse(textwrap.dedent(inspect.getsource(function)))
    known = {**function.__globals__, **inspect.getclosurevars(function).nonlocals}
    for node in ast.walk(spelled):
        if isinstance(node, ast.ImportFrom) and node.module:
            known |= {
                one.asname or one.name: getattr(sys.modules[node.module], one.name, None)
                for one in node.names
                if node.module in sys.modules
            }
    found = set()
    for node in ast.walk(spelled):
        value = None
        if isinstance(node, ast.Name):
            value = known.get(node.id)
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            base = known.get(node.value.id)
            value = getattr(base, node.attr, None) if isinstance(base, types.ModuleType) else None
        if callable(value) and not isinstance(value, type | Task):
            value = inspect.unwrap(value)
            if inspect.isfunction(value) and value.__module__.startswith("horizon."):
                found.add(value)
    return found


def reached(function):
    """All that it may come to."""
    found, left = set(), {inspect.unwrap(function)}
    while left:
        one = left.pop()
        found.add(one)
        left |= functions_called(one) - found
    return found


def quick_jobs():
    return [job for job in periodic.jobs() if job.every <= periodic.QUICK]


def works():
    """What the queue does: the body of each task, and what the body calls at once."""
    for file in (ROOT / "horizon").rglob("*.py"):
        if "@task(" in file.read_text(encoding="utf-8"):
            import_module(".".join(file.relative_to(ROOT).with_suffix("").parts))
    tasks = {
        value.func
        for name, module in list(sys.modules.items())
        if name.startswith("horizon.")
        for value in vars(module).values()
        if isinstance(value, Task)
    }
    return tasks | {called for body in tasks for called in functions_called(body)}


def test_the_seals_are_alone_in_their_loop():
    shared = [[job.name for job in periodic.jobs() if chosen(job)] for chosen in periodic.LOOPS]
    assert shared[0] == [periodic.SEAL] and sum(map(len, shared)) == len(periodic.jobs())
    assert {"send messages", "lists follow what people say", "widen urgent calls"} <= set(shared[1])


def test_what_is_for_the_queue_is_done_by_no_job_of_every_minute():
    """An import, a fetch from elsewhere: asked of the queue (`.enqueue`), never worked in the loop of the letters."""
    assert {one.__name__ for one in works()} >= {"advance", "check_sites", "fetch_territory_outlines"}
    for job in quick_jobs():
        assert not {one.__name__ for one in reached(job.run) & works()}, job.name


def test_the_test_sees_a_job_that_works():
    """The job as it was once written: it did the imports itself."""
    from horizon.care.imports import applying

    def resume():
        applying.advance("abc")

    assert applying.advance in reached(resume) & works()


def test_every_turning_of_a_quick_job_has_an_end():
    """A `while` in what they reach is one of those that somebody thought of."""
    turning = set()
    for job in quick_jobs():
        for one in reached(job.run):
            body = ast.parse(textwrap.dedent(inspect.getsource(one)))
            if any(isinstance(node, ast.While) for node in ast.walk(body)):
                turning.add(f"{one.__module__}.{one.__qualname__}")
    assert {name.rsplit(".", 1)[1] for name in turning} == set(TURNS)
