"""Curves as inline SVG: a fifth of the page's work that a plotting library takes for one tick a second."""

from collections.abc import Mapping, Sequence

WIDTH, HEIGHT = 560, 190
LEFT, RIGHT, TOP, BOTTOM = 40, 8, 8, 20
POINTS = 300  # of a line, at most

Points = Sequence[tuple[int, float]]


def chart(title: str, series: Mapping[str, Points], *, low: float | None = None, high: float | None = None) -> str:
    """Lines over thousands of pictures. `low` and `high` fix the vertical range, else it fits the data.

    The lines are numbered classes, line-0, line-1 ..., coloured by the style sheet; the legend carries the names.
    """
    values = [value for points in series.values() for _, value in points]
    if not values:
        empty = '<p class="message">nothing measured yet</p>'
        return f'<figure class="chart"><figcaption>{title}</figcaption>{empty}</figure>'
    bottom, top = min(values) if low is None else low, max(values) if high is None else high
    top = top if top > bottom else bottom + 1
    last = max(points[-1][0] for points in series.values() if points)

    def x(images: float) -> float:
        return LEFT + (WIDTH - LEFT - RIGHT) * images / last

    def y(value: float) -> float:
        return TOP + (HEIGHT - TOP - BOTTOM) * (top - value) / (top - bottom)

    grid = "".join(
        f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y(v):.1f}" y2="{y(v):.1f}"/>'
        f'<text x="{LEFT - 6}" y="{y(v) + 3.5:.1f}" text-anchor="end">{v:.2g}</text>'
        for v in (bottom, (bottom + top) / 2, top)
    )
    ends = f'<text x="{LEFT}" y="{HEIGHT - 5}">0</text>'
    ends += f'<text x="{WIDTH - RIGHT}" y="{HEIGHT - 5}" text-anchor="end">{last / 1000:,.0f} kimg</text>'
    lines = "".join(
        f'<polyline class="line-{i}" points="{" ".join(f"{x(a):.1f},{y(b):.1f}" for a, b in thinned(points))}"/>'
        for i, points in enumerate(series.values())
    )
    legend = "".join(f'<span class="line-{i}">{name}</span>' for i, name in enumerate(series))
    svg = f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{title}">{grid}{ends}{lines}</svg>'
    return f'<figure class="chart"><figcaption>{title} {legend}</figcaption>{svg}</figure>'


def thinned(points: Points) -> list[tuple[float, float]]:
    """At most POINTS points: means of equal stretches, which also smooths."""
    size = -(-len(points) // POINTS)
    stretches = [points[i : i + size] for i in range(0, len(points), size)]
    return [(sum(a for a, _ in s) / len(s), sum(b for _, b in s) / len(s)) for s in stretches]
