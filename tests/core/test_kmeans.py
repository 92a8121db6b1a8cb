"""Kinds of sound: K-means finds what is there and is repeatable; learnt online it does not flap."""

import numpy as np

from vj.directors._kmeans import OnlineMeans, kmeans, steady


def blobs(seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    truth = np.repeat([0, 1, 2], 80)
    centres = np.array([[0.0] * 8, [5.0] * 8, [0.0, 5.0] * 4])
    return centres[truth] + 0.3 * rng.standard_normal((240, 8)), truth


def test_it_finds_the_clusters_and_orders_them_by_appearance() -> None:
    points, truth = blobs()
    centres, labels = kmeans(points, 3, seed=4)
    assert labels.tolist() == truth.tolist()
    np.testing.assert_allclose(centres[1], points[80:160].mean(axis=0))
    again = kmeans(points, 3, seed=4)
    assert again[0].tobytes() == centres.tobytes()


def test_it_takes_more_clusters_than_points_and_points_all_alike() -> None:
    assert len(kmeans(np.zeros((3, 2)), 8)[0]) == 3
    assert set(kmeans(np.ones((20, 2)), 4)[1].tolist()) == {0}
    assert kmeans(np.zeros((0, 2)), 4)[1].tolist() == []


def test_short_runs_are_taken_by_the_run_before() -> None:
    assert steady(np.array([0, 0, 0, 1, 0, 0, 2, 2, 2]), 2).tolist() == [0, 0, 0, 0, 0, 0, 2, 2, 2]


def test_online_it_learns_the_same_kinds_and_stays_for_the_dwell_time() -> None:
    points, truth = blobs()
    means = OnlineMeans(5)
    order = np.concatenate([np.arange(240), np.arange(240)])
    labels = np.array([means.step(points[k], 0.1, 1.0) for k in order])
    second = labels[240:]
    assert len({(int(a), int(b)) for a, b in zip(truth[20:80], second[20:80], strict=True)}) == 1
    assert len({int(second[40]), int(second[120]), int(second[200])}) == 3
    flapping = OnlineMeans(5)
    mixed = np.array([flapping.step(points[(k % 2) * 100 + k % 60], 0.1, 1.0) for k in range(200)])
    runs = np.diff(np.flatnonzero(np.diff(mixed)))
    assert runs.min(initial=99) >= 9
