"""Curves: where points land, and what happens to many, few and none."""

import re

from explorer.curves import BOTTOM, HEIGHT, LEFT, POINTS, RIGHT, TOP, WIDTH, chart, thinned


def line(svg: str, number: int) -> list[tuple[float, float]]:
    points = re.search(rf'class="line-{number}" points="([^"]*)"', svg).group(1)
    return [tuple(map(float, pair.split(","))) for pair in points.split()]


def test_a_line_goes_from_corner_to_corner():
    svg = chart("Loss", {"D": [(0, 0.0), (1000, 1.0)]})
    assert line(svg, 0) == [(LEFT, HEIGHT - BOTTOM), (WIDTH - RIGHT, TOP)]


def test_a_fixed_range_does_not_follow_the_data():
    svg = chart("Accuracy", {"real": [(0, 0.5), (10, 0.5)]}, low=0, high=1)
    middle = TOP + (HEIGHT - TOP - BOTTOM) / 2
    assert [y for _, y in line(svg, 0)] == [middle, middle]


def test_a_constant_and_a_single_point_are_drawn():
    assert len(line(chart("Loss", {"D": [(5, 2.0)]}), 0)) == 1
    assert len(line(chart("Loss", {"D": [(5, 2.0), (9, 2.0)]}), 0)) == 2


def test_nothing_measured_is_told():
    assert "nothing measured yet" in chart("Loss", {"D": []})


def test_many_points_become_means_of_equal_stretches():
    points = [(i, float(i % 2)) for i in range(2 * POINTS)]
    assert thinned(points) == [(2 * i + 0.5, 0.5) for i in range(POINTS)]
