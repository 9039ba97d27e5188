'use strict';
// A receptive field to scale, in the image's frame.
var atlas = globalThis.atlas || {};

atlas.receptiveField = (() => {
  const {draw: shape} = atlas.dom;
  const IMAGE = 100; // the longer side of the image's frame
  const WINDOW = 130; // and of the drawing: a field larger than the image reaches over the frame
  const LEAST = 1.5; // of a field of one pixel there is something to see

  const middle = (height, width) => ({
    x: (WINDOW - width) / 2,
    y: (WINDOW - height) / 2,
    width,
    height,
  });

  const draw = ([height, width], [imageHeight, imageWidth], label) => {
    const scale = IMAGE / Math.max(imageHeight, imageWidth);
    const shown = (side) => Math.max(LEAST, Math.min(side * scale, WINDOW - 4));
    const viewBox = `0 0 ${WINDOW} ${WINDOW}`;
    return shape(
      'svg',
      {class: 'field-drawing', viewBox, role: 'img', 'aria-label': label},
      shape('rect', {class: 'image', ...middle(imageHeight * scale, imageWidth * scale)}),
      shape('rect', {class: 'field', ...middle(shown(height), shown(width))}),
    );
  };

  return {draw};
})();
