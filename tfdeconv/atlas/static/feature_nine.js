'use strict';
// The images that fire a feature most: of each its patch, what came down from it, and the photo.
var atlas = globalThis.atlas || {};

atlas.featureNine = (() => {
  const {make} = atlas.dom;
  const {magnitude} = atlas.numbers;
  const {tiles} = atlas;
  const LARGEST = 352; // pixels on a side that a tile is enlarged to
  const PAPER = 96; // pixels of a tile on paper
  const PHOTO = 96; // pixels of the small photo

  const labels = (entry, feature, unit) => {
    const of =
      `${entry.name}, feature ${feature.feature}, ` +
      `rank ${unit.rank}, activation ${magnitude(unit.value)}`;
    return {
      patch: `Patch: ${of}`,
      projection: `Projection: ${of}`,
      photo: `Photo with the unit's box: ${of}`,
    };
  };

  // The photo at its own size and more, in a dialog.
  const enlarge = (unit, label) => {
    const [height, width] = atlas.store.atlas().image_size;
    const room = Math.min(innerWidth - 80, (innerHeight - 200) * (width / height));
    const close = make('button', {type: 'button', text: 'Close'});
    const dialog = make(
      'dialog',
      {'aria-label': label.photo},
      tiles.photo(unit, label.photo),
      make('p', {class: 'small', text: unit.name}),
      close,
    );
    dialog.firstChild.append(tiles.boxOn(unit.field, 'box wide'));
    const fits = room / width;
    tiles.setScale(dialog, fits < 1 ? fits : Math.min(3, Math.floor(fits)), width);
    close.addEventListener('click', () => dialog.close());
    dialog.addEventListener('click', (event) => {
      if (event.target === dialog) dialog.close();
    });
    dialog.addEventListener('close', () => dialog.remove());
    document.body.append(dialog);
    dialog.showModal();
  };

  // What the ends of the projection's colours stand for.
  const ends = (feature, place, rule) => {
    const text = (of) => `colours to \u00b1${magnitude(feature.scales?.[of]?.[place], 2)}`;
    const line = make('p', {
      class: 'muted',
      text: text(rule),
      title: 'The ends of the colours of the projection; grey is zero',
    });
    return atlas.rules.follow(line, (other) => {
      line.textContent = text(other);
    });
  };

  const facts = (feature, place, rule) => {
    const unit = feature.units[place];
    const where = unit.position ? `row ${unit.position[0]}, column ${unit.position[1]}` : null;
    return make(
      'div',
      {class: 'unit-facts small'},
      make(
        'p',
        {class: 'value'},
        make('span', {class: 'muted rank-number', text: `${unit.rank}`}),
        ` ${magnitude(unit.value)}`,
      ),
      unit.label ? make('p', {class: 'label', text: unit.label}) : null,
      make('p', {class: 'muted file', text: unit.name, title: unit.name}),
      make('p', {
        class: 'muted',
        text: [where, unit.at_border ? 'at the border' : null].filter(Boolean).join(', '),
      }),
      unit.saturated ? make('p', {class: 'muted', text: 'next to nothing came back'}) : null,
      unit.word ? null : ends(feature, place, rule),
    );
  };

  const card = (entry, feature, place, rule) => {
    const unit = feature.units[place];
    const label = labels(entry, feature, unit);
    if (unit.word) {
      return make(
        'li',
        {class: 'unit'},
        make(
          'div',
          {class: 'pair'},
          tiles.empty(unit, `${label.patch}: ${unit.word}`),
          tiles.empty(unit, `${label.projection}: ${unit.word}`),
        ),
        make('div', {class: 'unit-foot'}, facts(feature, place, rule)),
      );
    }
    const photo = make(
      'button',
      {
        type: 'button',
        class: 'photo-button',
        title: 'The whole photo, enlarged',
        on: {click: () => enlarge(unit, label)},
      },
      tiles.photo(unit, label.photo),
    );
    const [, width] = atlas.store.atlas().image_size;
    photo.style.setProperty('--scale', String(PHOTO / width));
    return make(
      'li',
      {class: 'unit'},
      make(
        'div',
        {class: 'pair'},
        tiles.patch(unit, label.patch),
        tiles.projection(feature, place, rule, label.projection),
      ),
      make('div', {class: 'unit-foot'}, photo, facts(feature, place, rule)),
    );
  };

  // On paper, which nobody measures: three columns within the least usual width.
  const layOutOnPaper = (list, width) => {
    tiles.setScale(list, PAPER / width, width);
    list.style.setProperty('--columns', '3');
  };

  // As many columns as tiles of some width leave room for, and the scale that fills them.
  const layOut = (list, width) => {
    const room = list.clientWidth;
    const gap = parseFloat(getComputedStyle(list).columnGap) || 16;
    const columns = room >= 840 ? 3 : room >= 520 ? 2 : 1;
    const each = (room - gap * (columns - 1)) / columns;
    tiles.setScale(list, tiles.scaleFor(width, (each - 2) / 2, LARGEST), width);
    list.style.setProperty('--columns', String(columns));
  };

  const section = (entry, feature, rule) => {
    const cards = feature.units.map((_, place) => card(entry, feature, place, rule));
    const list = make('ol', {class: 'units', role: 'list'}, cards);
    const title = make('h2', {
      id: 'nine',
      text: `The ${feature.units.length || 'no'} images that fire it most`,
    });
    const unit = feature.units.find((one) => one.box);
    const width = unit ? tiles.sized(unit.box)[1] : 1;
    const fill = () => layOut(list, width);
    const print = () => layOutOnPaper(list, width);
    // in the next frame: filling changes the size that is observed
    const observer = new ResizeObserver(() => requestAnimationFrame(fill));
    const element = feature.units.length
      ? make('section', {'aria-labelledby': 'nine', class: 'nine-section'}, title, list)
      : make(
          'section',
          {class: 'nine-section'},
          make('p', {text: 'No image fires it: it is dead, and there is nothing to show.'}),
        );
    return {
      element,
      start: () => {
        fill();
        observer.observe(list);
        addEventListener('beforeprint', print);
        addEventListener('afterprint', fill);
      },
      stop: () => {
        observer.disconnect();
        removeEventListener('beforeprint', print);
        removeEventListener('afterprint', fill);
      },
    };
  };

  return {section};
})();
