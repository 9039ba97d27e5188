'use strict';
// Which unit is meant: by a pointer on the photo or the map, or by the keyboard.
var explorer = globalThis.explorer || {};

explorer.picking = (() => {
  const STEPS = {ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1]};

  const within = (value, count) => Math.min(count - 1, Math.max(0, value));

  // Where on an element a pointer is: the parts of its height and its width.
  const place = (element, event) => {
    const {top, left, width, height} = element.getBoundingClientRect();
    return [(event.clientY - top) / height, (event.clientX - left) / width];
  };

  // Calls `pick` with the place of a pointer that is pressed, and where it is dragged to.
  const follow = (element, pick) => {
    let pressed = false;
    element.addEventListener('pointerdown', (event) => {
      if (event.button !== 0) return;
      pressed = true;
      element.setPointerCapture(event.pointerId);
      pick(place(element, event));
    });
    element.addEventListener('pointermove', (event) => {
      if (pressed) pick(place(element, event));
    });
    for (const end of ['pointerup', 'pointercancel', 'lostpointercapture']) {
      element.addEventListener(end, () => {
        pressed = false;
      });
    }
  };

  // The number of the centre that is nearest.
  const nearest = (centres, value) => {
    let best = 0;
    centres.forEach((centre, i) => {
      if (Math.abs(centre - value) < Math.abs(centres[best] - value)) best = i;
    });
    return best;
  };

  // The unit whose receptive field has its middle nearest to a place of the photo.
  const onPhoto = ([row, column], size, centres) => [
    nearest(centres[0], row * size[0]),
    nearest(centres[1], column * size[1]),
  ];

  const onMap = ([row, column], [rows, columns]) => [
    within(Math.floor(row * rows), rows),
    within(Math.floor(column * columns), columns),
  ];

  // A unit moved by an arrow key; null for another key.
  const moved = ([row, column], key, [rows, columns]) => {
    const step = STEPS[key];
    return step ? [within(row + step[0], rows), within(column + step[1], columns)] : null;
  };

  return {follow, onPhoto, onMap, moved};
})();
