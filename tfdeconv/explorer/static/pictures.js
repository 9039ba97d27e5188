'use strict';
// The three pictures: the photo, what came down, and the feature's map. Grey is zero, and the end
// of the scale is white.
var explorer = globalThis.explorer || {};

explorer.pictures = (() => {
  const SIDE = 640; // pixels of a canvas, about: lines are fine, and are not blurred
  const GREY = '#808080';
  const CROSS = 9;
  const VISIBLE = 8; // times its size

  const canvas = (id) => document.getElementById(id);

  // A canvas for rows and columns, each of a whole number of pixels.
  const prepare = (id, rows, columns) => {
    const scale = Math.max(1, Math.round(SIDE / Math.max(rows, columns)));
    const element = canvas(id);
    element.width = columns * scale;
    element.height = rows * scale;
    const pen = element.getContext('2d');
    pen.imageSmoothingQuality = 'high';
    return {pen, scale, width: element.width, height: element.height};
  };

  // A line that shows on any picture: white, with black on both sides.
  const outline = (pen, trace) => {
    for (const [colour, width] of [
      ['#000', 5],
      ['#fff', 2],
    ]) {
      pen.strokeStyle = colour;
      pen.lineWidth = width;
      pen.beginPath();
      trace();
      pen.stroke();
    }
  };

  const frame = (pen, [top, left, bottom, right], scale) =>
    outline(pen, () => {
      pen.rect(left * scale, top * scale, (right - left) * scale, (bottom - top) * scale);
    });

  const cross = (pen, [row, column], scale) =>
    outline(pen, () => {
      const x = column * scale;
      const y = row * scale;
      pen.moveTo(x - CROSS, y);
      pen.lineTo(x + CROSS, y);
      pen.moveTo(x, y - CROSS);
      pen.lineTo(x, y + CROSS);
    });

  // A picture in a box; what is enlarged much shows its pixels.
  const place = (pen, picture, [top, left, bottom, right], scale) => {
    pen.imageSmoothingEnabled = scale < VISIBLE;
    pen.drawImage(
      picture,
      left * scale,
      top * scale,
      (right - left) * scale,
      (bottom - top) * scale,
    );
  };

  const isWhole = ([top, left, bottom, right], [height, width]) =>
    top <= 0 && left <= 0 && bottom >= height && right >= width;

  // A receptive field may lie outside of the photo.
  const hasArea = ([top, left, bottom, right]) => bottom > top && right > left;

  // The photo; with the signal over it, or the box that it came down to.
  const photo = (state, over) => {
    const [height, width] = state.size;
    const {pen, scale, width: full, height: tall} = prepare('photo', height, width);
    pen.drawImage(state.picture, 0, 0, full, tall);
    const signal = state.signal;
    if (!signal) return;
    if (over) {
      // the photo steps back; grey leaves it as it is, black and white darken and lighten it
      pen.fillStyle = 'rgb(128 128 128 / 55%)';
      pen.fillRect(0, 0, full, tall);
      pen.globalCompositeOperation = 'hard-light';
      place(pen, signal.picture, signal.facts.box, scale);
      pen.globalCompositeOperation = 'source-over';
    }
    if (!isWhole(signal.facts.box, state.size)) frame(pen, signal.facts.box, scale);
    if (state.centre) cross(pen, state.centre, scale);
  };

  // What came down, where it came down; or close up, without what is around it.
  const projection = (state, close) => {
    const signal = state.signal;
    let shown = [0, 0, ...state.size];
    if (close && signal && hasArea(signal.facts.box)) shown = signal.facts.box;
    const [top, left, bottom, right] = shown;
    const canvas = prepare('projection', bottom - top, right - left);
    canvas.pen.fillStyle = GREY;
    canvas.pen.fillRect(0, 0, canvas.width, canvas.height);
    if (!signal) return;
    const moved = signal.facts.box.map((edge, i) => edge - (i % 2 ? left : top));
    place(canvas.pen, signal.picture, moved, canvas.scale);
  };

  // Values as levels, as the server draws them: 0 is 128, the largest 255.
  const levels = (values) => {
    let end = 1e-30;
    for (const value of values) if (Math.abs(value) > end) end = Math.abs(value);
    const pixels = new Uint8ClampedArray(values.length * 4);
    values.forEach((value, i) => {
      pixels.fill(Math.round(128 + (value / end) * 127), 4 * i, 4 * i + 3);
      pixels[4 * i + 3] = 255;
    });
    return pixels;
  };

  // The feature's map, with a frame around the unit.
  const map = (state) => {
    const [rows, columns] = state.map.size;
    const {pen, scale, width, height} = prepare('map', rows, columns);
    const small = new OffscreenCanvas(columns, rows);
    const image = new ImageData(levels(state.map.values), columns, rows);
    small.getContext('2d').putImageData(image, 0, 0);
    pen.imageSmoothingEnabled = false;
    pen.drawImage(small, 0, 0, width, height);
    if (!state.at) return;
    const [row, column] = state.at;
    frame(pen, [row, column, row + 1, column + 1], scale);
  };

  return {photo, projection, map, canvas};
})();
