'use strict';
// Where in the image units stand: the frame, each one's receptive field, and its rank.
var atlas = globalThis.atlas || {};

atlas.positions = (() => {
  const {draw: shape} = atlas.dom;
  const SIDE = 240; // the longer side of the image's frame
  const MARGIN = 14;
  const RADIUS = 9; // of a rank's circle
  const DIRECTIONS = 16;

  // The place nearest to [x, y] where a circle touches none of those that are taken: units of the
  // same place would hide each other.
  const freePlace = ([x, y], taken, [width, height]) => {
    const isFree = ([atX, atY]) =>
      taken.every(([otherX, otherY]) => Math.hypot(atX - otherX, atY - otherY) >= 2 * RADIUS) &&
      atX >= 0 &&
      atY >= 0 &&
      atX <= width &&
      atY <= height;
    for (let ring = 0; ring < 20; ring += 1) {
      for (let step = 0; step < DIRECTIONS; step += 1) {
        const angle = (2 * Math.PI * step) / DIRECTIONS;
        const at = [x + ring * RADIUS * Math.cos(angle), y + ring * RADIUS * Math.sin(angle)];
        if (isFree(at)) return at;
      }
    }
    return [x, y];
  };

  const rankAt = (rank, [x, y]) => [
    shape('circle', {class: 'dot', cx: x, cy: y, r: RADIUS}),
    shape('text', {class: 'rank', x, y: y + 4, 'text-anchor': 'middle', text: rank}),
  ];

  // from the middle of a receptive field to its rank, which may stand aside
  const leader = ([x1, y1], [x2, y2]) => shape('line', {class: 'leader', x1, y1, x2, y2});

  // units: those that are drawn; label: what the drawing shows, read aloud
  const draw = (units, [imageHeight, imageWidth], label) => {
    const scale = SIDE / Math.max(imageHeight, imageWidth);
    const width = imageWidth * scale;
    const height = imageHeight * scale;
    const within = (value, most) => Math.min(most, Math.max(0, value));
    const fields = [];
    const taken = [];
    const leaders = [];
    const ranks = [];
    for (const unit of units) {
      const [top, left, bottom, right] = unit.field.map((value) => value * scale);
      // one that covers the image says nothing, and several of them paint it over
      if (top > 0 || left > 0 || bottom < height || right < width) {
        const size = {width: right - left, height: bottom - top};
        fields.push(shape('rect', {class: 'field', x: left, y: top, ...size}));
      }
      const middle = [within((left + right) / 2, width), within((top + bottom) / 2, height)];
      const place = freePlace(middle, taken, [width, height]);
      taken.push(place);
      leaders.push(leader(middle, place));
      ranks.push(rankAt(unit.rank, place));
    }
    const viewBox = `${-MARGIN} ${-MARGIN} ${width + 2 * MARGIN} ${height + 2 * MARGIN}`;
    // a nested svg cuts off what lies outside of the image
    return shape(
      'svg',
      {class: 'positions', role: 'img', 'aria-label': label, viewBox},
      shape('svg', {x: 0, y: 0, width, height, viewBox: `0 0 ${width} ${height}`}, fields),
      shape('rect', {class: 'image', x: 0, y: 0, width, height}),
      leaders,
      ranks,
    );
  };

  return {draw};
})();
