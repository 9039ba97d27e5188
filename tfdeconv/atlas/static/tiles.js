'use strict';
// Tiles: a photo's patch, a projection out of its sheet, a whole photo with a unit's box, and the
// thumbnails of features. Lengths are pixels of the network's input times --scale, which an element
// around the tiles sets; so a page changes one number when its width changes.
var atlas = globalThis.atlas || {};

atlas.tiles = (() => {
  const {make} = atlas.dom;
  // pixels on a side of patches that sheets enlarge without interpolation, as pictures have them
  const SQUARES = 9;

  const scaled = (pixels) => `calc(${pixels}px * var(--scale, 1))`;

  const sized = ([top, left, bottom, right]) => [bottom - top, right - left];

  const frame = (kind, [height, width], label) =>
    make('span', {
      class: `tile ${kind}`,
      role: 'img',
      'aria-label': label,
      style: {width: scaled(width), height: scaled(height)},
    });

  // The patch of the photo that a unit's box holds; what lies outside of the photo stays hatched.
  const patch = (unit, label) => {
    const [top, left] = unit.box;
    const [height, width] = atlas.store.atlas().image_size;
    const tile = frame('patch', sized(unit.box), label);
    const picture = make('span', {
      class: 'picture',
      style: {
        top: scaled(-top),
        left: scaled(-left),
        width: scaled(width),
        height: scaled(height),
      },
    });
    tile.append(atlas.lazy.picture(picture, atlas.store.photo(unit.image)));
    return tile;
  };

  // A unit's projection, out of its feature's sheet.
  const projection = (feature, place, rule, label) => {
    const unit = feature.units[place];
    const [height, width] = sized(unit.box);
    const tile = frame('projection', [height, width], label);
    const column = place % feature.columns;
    const row = Math.floor(place / feature.columns);
    tile.style.backgroundSize = `${scaled(width * feature.columns)} auto`;
    tile.style.backgroundPosition = `${scaled(-column * width)} ${scaled(-row * height)}`;
    const url = (of) => atlas.store.projections(feature.layer, feature.feature, of);
    atlas.rules.follow(tile, (other) => atlas.lazy.exchange(tile, url(other)));
    return atlas.lazy.picture(tile, url(rule));
  };

  // A unit that has no pictures: the word why.
  const empty = (unit, label) => {
    const tile = frame('empty', sized(unit.box || [0, 0, 1, 1]), label);
    tile.append(make('span', {class: 'word', text: unit.word}));
    return tile;
  };

  // A box [top, left, bottom, right] on the photo, as far as it lies within.
  const boxOn = (box, className = 'box') => {
    const [height, width] = atlas.store.atlas().image_size;
    const percent = (value, whole) => `${100 * Math.min(1, Math.max(0, value / whole))}%`;
    return make('span', {
      class: className,
      style: {
        top: percent(box[0], height),
        left: percent(box[1], width),
        bottom: percent(height - box[2], height),
        right: percent(width - box[3], width),
      },
    });
  };

  const coversAll = ([top, left, bottom, right]) => {
    const [height, width] = atlas.store.atlas().image_size;
    return top <= 0 && left <= 0 && bottom >= height && right >= width;
  };

  // The whole photo of a unit, with its box where that is a part of it.
  const photo = (unit, label) => {
    const tile = frame('photo', atlas.store.atlas().image_size, label);
    const picture = make('span', {class: 'picture whole'});
    tile.append(atlas.lazy.picture(picture, atlas.store.photo(unit.image)));
    if (!coversAll(unit.box)) tile.append(boxOn(unit.box));
    return tile;
  };

  // One of a layer's thumbnails. series: 'photo' or a rule; place: in layer.js's lists. Who shows
  // one has seen to it that it is near the window.
  const thumbnail = (layer, place, series, side) => {
    const {columns, per_sheet: perSheet, side: own} = layer.thumbnail;
    const shown = side || own;
    const within = place % perSheet;
    const column = within % columns;
    const row = Math.floor(within / columns);
    const kind = series === 'photo' ? 'thumbnail' : 'thumbnail projection';
    const tile = make('span', {
      class: `tile ${kind}`,
      'aria-hidden': 'true',
      style: {
        width: `${shown}px`,
        height: `${shown}px`,
        'background-size': `${shown * columns}px auto`,
        'background-position': `${-column * shown}px ${-row * shown}px`,
      },
    });
    const sheet = Math.floor(place / perSheet);
    const url = (of) => atlas.store.thumbnails(layer.number, of, sheet);
    tile.style.backgroundImage = `url("${url(series)}")`;
    if (series !== 'photo') {
      atlas.rules.follow(tile, (rule) => atlas.lazy.exchange(tile, url(rule)));
    }
    return tile;
  };

  // A feature's patch and projection, as thumbnails side by side.
  const pair = (layer, place, rule, side) =>
    make(
      'span',
      {class: 'pair'},
      thumbnail(layer, place, 'photo', side),
      thumbnail(layer, place, rule, side),
    );

  // The scale at which tiles of some width fill `room` pixels, of which each is at most `largest`:
  // to a whole pixel of the screen, which keeps sheets' neighbours apart; the smallest by whole
  // factors, so that each pixel of the input is a square.
  const scaleFor = (width, room, largest) => {
    const side = Math.floor(Math.min(room, largest));
    return width <= SQUARES ? Math.floor(side / width) : side / width;
  };

  // Sets the scale of the tiles within an element; width: theirs in pixels of the input.
  const setScale = (element, scale, width) => {
    element.style.setProperty('--scale', String(scale));
    element.classList.toggle('pixels', width <= SQUARES);
  };

  return {patch, projection, empty, photo, boxOn, pair, scaleFor, setScale, sized};
})();
