"""How many bytes a process holds at once, and whose turn it is."""

import threading

from flex_template.bigquery.group_commit.budget import ByteBudget


def acquiring(budget: ByteBudget, size: int, done: list[int]) -> threading.Thread:
    """A thread that waits for room, and notes its size when it has it."""

    def acquire() -> None:
        budget.acquire(size)
        done.append(size)

    thread = threading.Thread(target=acquire, daemon=True)
    thread.start()
    return thread


def test_whoever_does_not_fit_waits_for_room() -> None:
    budget, done = ByteBudget(100), list[int]()
    budget.acquire(60)
    waiting = acquiring(budget, 41, done)
    waiting.join(0.1)
    assert (done, budget.held) == ([], 60)
    budget.release(60)
    waiting.join(10)
    assert (done, budget.held) == ([41], 41)


def test_what_is_larger_than_the_budget_goes_alone() -> None:
    budget, done = ByteBudget(100), list[int]()
    acquiring(budget, 500, done).join(10)
    waiting = acquiring(budget, 1, done)
    waiting.join(0.1)
    assert done == [500]
    budget.release(500)
    waiting.join(10)
    assert done == [500, 1]


def test_a_small_one_does_not_overtake_a_large_one_that_waits() -> None:
    budget, done = ByteBudget(100), list[int]()
    budget.acquire(60)
    large = acquiring(budget, 90, done)
    large.join(0.1)
    small = acquiring(budget, 5, done)
    small.join(0.1)
    assert done == []
    budget.release(60)
    large.join(10)
    small.join(10)
    assert done == [90, 5]


def test_every_worker_thread_at_once_never_exceeds_it() -> None:
    budget, highest = ByteBudget(100), list[int]()

    def work() -> None:
        for size in range(1, 60):
            budget.acquire(size)
            highest.append(budget.held)
            budget.release(size)

    threads = [threading.Thread(target=work) for _ in range(48)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert budget.held == 0
    assert len(highest) == 48 * 59
    assert max(highest) <= 100
