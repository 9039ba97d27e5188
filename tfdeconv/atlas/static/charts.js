'use strict';
// Drawings that are data: a receptive field in its image, a histogram of maxima, and where in the
// image the units stand. All by SVG, whose texts and colours follow the page's.
var atlas = globalThis.atlas || {};

atlas.charts = (() => {
  const {draw} = atlas.dom;
  const {magnitude, count, things} = atlas.numbers;

  // The receptive field to scale, as a square at the middle of the image's frame. One that is
  // larger than the image reaches over it, as far as there is room.
  const field = ([height, width], [imageHeight, imageWidth], label) => {
    const side = 100 / Math.max(imageHeight, imageWidth);
    const h = imageHeight * side;
    const w = imageWidth * side;
    const fh = Math.max(1.5, Math.min(height * side, 126));
    const fw = Math.max(1.5, Math.min(width * side, 126));
    const middle = 65;
    return draw(
      'svg',
      {class: 'field-drawing', viewBox: '0 0 130 130', role: 'img', 'aria-label': label},
      draw('rect', {class: 'image', x: middle - w / 2, y: middle - h / 2, width: w, height: h}),
      draw('rect', {class: 'field', x: middle - fw / 2, y: middle - fh / 2, width: fw, height: fh}),
    );
  };

  const HISTOGRAM = {width: 360, height: 190, left: 44, right: 14, top: 8, bottom: 44};

  // Ticks 0, and one to four steps of 1, 2 or 5 times a power of ten.
  const ticks = (largest) => {
    const rough = largest / 4;
    const power = 10 ** Math.floor(Math.log10(rough));
    const step = Math.max(
      1,
      [1, 2, 5, 10].map((by) => by * power).find((by) => by >= rough),
    );
    const found = [];
    for (let value = 0; value <= largest; value += step) found.push(value);
    return found;
  };

  // Of 64 bins those from the first to the last that hold an image; bin 0, of the images that do
  // not fire it, stands apart. edges: where each bin ends, of atlas.js.
  const histogram = (counts, edges, label) => {
    const {width, height, left, right, top, bottom} = HISTOGRAM;
    const firing = counts.map((_, bin) => bin).filter((bin) => bin > 0 && counts[bin] > 0);
    const silent = counts[0] > 0;
    const first = firing.length ? firing[0] : 1;
    const last = firing.length ? firing.at(-1) : 1;
    const bins = last - first + 1;
    const places = bins + (silent ? 2 : 0);
    const most = Math.max(1, ...counts);
    const step = Math.min(40, (width - left - right) / places);
    const y = (value) => height - bottom - (value / most) * (height - top - bottom);
    const x = (bin) => left + (bin - first + (silent ? 2 : 0)) * step;
    const bar = (at, value, what) =>
      draw(
        'rect',
        {
          class: 'bar',
          x: at + 0.5,
          y: y(value),
          width: Math.max(1, step - 1),
          height: height - bottom - y(value),
        },
        draw('title', {text: `${things(value, 'image')} ${what}`}),
      );

    const parts = [];
    for (const value of ticks(most)) {
      parts.push(
        draw('line', {class: 'rule', x1: left, x2: width - right, y1: y(value), y2: y(value)}),
      );
      parts.push(
        draw('text', {
          class: 'tick',
          x: left - 6,
          y: y(value) + 4,
          'text-anchor': 'end',
          text: count(value),
        }),
      );
    }
    if (silent) {
      parts.push(bar(left, counts[0], 'do not fire it'));
      parts.push(
        draw('text', {
          class: 'tick',
          x: left + step / 2,
          y: height - bottom + 16,
          'text-anchor': 'middle',
          text: '0',
        }),
      );
    }
    for (const bin of firing) {
      const from = bin > 1 ? magnitude(edges[bin - 1], 2) : '0';
      const to = bin < counts.length - 1 ? magnitude(edges[bin], 2) : 'more';
      parts.push(bar(x(bin), counts[bin], `from ${from} to ${to}`));
    }
    // an edge is labelled where the one before it leaves room
    const room = Math.ceil(38 / step);
    for (let bin = first - 1; firing.length && bin <= last; bin += 1) {
      if ((last - bin) % room || bin === 0) continue;
      const at = x(bin) + step;
      parts.push(
        draw('line', {class: 'axis', x1: at, x2: at, y1: height - bottom, y2: height - bottom + 4}),
      );
      const text = bin < counts.length - 1 ? magnitude(edges[bin], 2) : '';
      parts.push(
        draw('text', {
          class: 'tick',
          x: at,
          y: height - bottom + 16,
          'text-anchor': 'middle',
          text,
        }),
      );
    }
    parts.push(
      draw('line', {
        class: 'axis',
        x1: left,
        x2: width - right,
        y1: height - bottom,
        y2: height - bottom,
      }),
    );
    const middle = top + (height - top - bottom) / 2;
    return draw(
      'svg',
      {
        class: 'histogram',
        viewBox: `0 0 ${width} ${height}`,
        role: 'img',
        'aria-label': label,
      },
      parts,
      draw('text', {
        class: 'axis-name',
        x: left,
        y: height - 6,
        text: 'largest activation in an image',
      }),
      draw('text', {
        class: 'axis-name',
        x: -middle,
        y: 12,
        'text-anchor': 'middle',
        transform: 'rotate(-90)',
        text: 'images',
      }),
    );
  };

  // Where in the image units stand: the frame, each one's receptive field, and its rank at the
  // middle. units: those that are drawn
  const positions = (units, [height, width], label) => {
    const scale = 200 / Math.max(height, width);
    const w = width * scale;
    const h = height * scale;
    const margin = 12;
    const fields = [];
    const ranks = [];
    for (const unit of units) {
      const [top, left, bottom, right] = unit.field.map((value) => value * scale);
      fields.push(
        draw('rect', {class: 'field', x: left, y: top, width: right - left, height: bottom - top}),
      );
      const x = Math.min(w, Math.max(0, (left + right) / 2));
      const y = Math.min(h, Math.max(0, (top + bottom) / 2));
      ranks.push(
        draw(
          'g',
          {},
          draw('circle', {class: 'dot', cx: x, cy: y, r: 8.5}),
          draw('text', {
            class: 'rank',
            x,
            y: y + 3.8,
            'text-anchor': 'middle',
            text: unit.rank,
          }),
        ),
      );
    }
    // a nested svg cuts off what lies outside of the image; the first rank lies on top
    return draw(
      'svg',
      {
        class: 'positions',
        role: 'img',
        'aria-label': label,
        viewBox: `${-margin} ${-margin} ${w + 2 * margin} ${h + 2 * margin}`,
      },
      draw('svg', {x: 0, y: 0, width: w, height: h, viewBox: `0 0 ${w} ${h}`}, fields),
      draw('rect', {class: 'image', x: 0, y: 0, width: w, height: h}),
      ranks.reverse(),
    );
  };

  return {field, histogram, positions};
})();
