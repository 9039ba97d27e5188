'use strict';
// A histogram of maxima: over the largest activation in an image, how many images had it.
//
// Its 64 bins end at powers of the root of two, so the axis is logarithmic. Shown are those from
// the first to the last that hold an image; bin 0, of the images that do not fire the feature,
// stands apart.
var atlas = globalThis.atlas || {};

atlas.histogram = (() => {
  const {draw: shape} = atlas.dom;
  const {magnitude, count, things} = atlas.numbers;
  const WIDTH = 360;
  const LEFT = 44;
  const RIGHT = WIDTH - 18;
  const TOP = 8;
  const BOTTOM = 146;
  const HEIGHT = 190;
  const WIDEST = 40; // a bar
  const DIGIT = 7.5; // the width of a character of a label

  const line = (kind, [x1, y1], [x2, y2]) => shape('line', {class: kind, x1, y1, x2, y2});

  const tick = (x, y, anchor, text) =>
    shape('text', {class: 'tick', x, y, 'text-anchor': anchor, text});

  // Ticks 0, and one to four steps of 1, 2 or 5 times a power of ten.
  const ticks = (largest) => {
    const rough = largest / 4;
    const power = 10 ** Math.floor(Math.log10(rough));
    const steps = [1, 2, 5, 10].map((times) => times * power);
    const step = Math.max(1, steps.find((one) => one >= rough) ?? 1);
    return Array.from({length: Math.floor(largest / step) + 1}, (_, i) => i * step);
  };

  const heights = (most) => (value) => BOTTOM - (value / most) * (BOTTOM - TOP);

  const countAxis = (most, y, right) =>
    ticks(most).flatMap((value) => [
      line('rule', [LEFT, y(value)], [right, y(value)]),
      tick(LEFT - 6, y(value) + 4, 'end', count(value)),
    ]);

  const bar = (x, step, value, y, what) =>
    shape(
      'rect',
      {
        class: 'bar',
        x: x + 0.5,
        y: y(value),
        width: Math.max(1, step - 1),
        height: BOTTOM - y(value),
      },
      shape('title', {text: `${things(value, 'image')} ${what}`}),
    );

  // The ends of bins, where there is room for their numbers.
  const edgeAxis = (first, last, edges, x, step) => {
    const text = (bin) => magnitude(edges[bin], 2);
    let longest = 0;
    for (let bin = first - 1; bin <= last; bin += 1) longest = Math.max(longest, text(bin).length);
    const every = Math.ceil(((longest + 1) * DIGIT) / step);
    const parts = [];
    for (let bin = last; bin >= first - 1; bin -= every) {
      // bin 0 ends at 0, which has no place on this axis; the last bin does not end
      if (bin === 0 || edges[bin] === null || edges[bin] === undefined) continue;
      const at = x(bin) + step;
      parts.push(line('axis', [at, BOTTOM], [at, BOTTOM + 4]));
      parts.push(tick(at, BOTTOM + 16, 'middle', text(bin)));
    }
    return parts;
  };

  // counts: images in each bin; edges: where each ends; label: what it shows, read aloud
  const draw = (counts, edges, label) => {
    const firing = counts.map((_, bin) => bin).filter((bin) => bin > 0 && counts[bin] > 0);
    const first = firing[0] ?? 1;
    const last = firing.at(-1) ?? 1;
    // the bar of those that do not fire it, and a gap
    const apart = counts[0] > 0 ? 2 : 0;
    const step = Math.min(WIDEST, (RIGHT - LEFT) / (last - first + 1 + apart));
    const x = (bin) => LEFT + (bin - first + apart) * step;
    const most = Math.max(1, ...counts);
    const y = heights(most);

    const parts = countAxis(most, y, x(last) + step);
    if (apart) {
      parts.push(bar(LEFT, step, counts[0], y, 'do not fire it'));
      parts.push(tick(LEFT + step / 2, BOTTOM + 16, 'middle', '0'));
    }
    for (const bin of firing) {
      const end = edges[bin] === null ? 'on' : `to ${magnitude(edges[bin], 2)}`;
      parts.push(bar(x(bin), step, counts[bin], y, `from ${magnitude(edges[bin - 1], 2)} ${end}`));
    }
    if (firing.length) parts.push(...edgeAxis(first, last, edges, x, step));
    parts.push(line('axis', [LEFT, BOTTOM], [x(last) + step, BOTTOM]));

    const about = {
      class: 'axis-name',
      x: LEFT,
      y: HEIGHT - 8,
      text: 'largest activation in an image',
    };
    const middle = (TOP + BOTTOM) / 2;
    const turned = {
      class: 'axis-name',
      x: -middle,
      y: 12,
      transform: 'rotate(-90)',
      text: 'images',
    };
    return shape(
      'svg',
      {class: 'histogram', viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: 'img', 'aria-label': label},
      parts,
      shape('text', about),
      shape('text', {...turned, 'text-anchor': 'middle'}),
    );
  };

  return {draw};
})();
