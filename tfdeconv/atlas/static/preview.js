'use strict';
// The panel beside a layer's features: the nine of the one that is pointed at.
var atlas = globalThis.atlas || {};

atlas.preview = (() => {
  const {make} = atlas.dom;
  const {magnitude, share} = atlas.numbers;
  const PATIENCE = 90; // milliseconds: who passes over a feature does not ask for it

  const ofNine = (feature, rule) => {
    const patches = [];
    const projections = [];
    feature.units.forEach((unit, place) => {
      if (unit.word) {
        patches.push(atlas.tiles.empty(unit, ''));
        projections.push(atlas.tiles.empty(unit, ''));
      } else {
        patches.push(atlas.tiles.patch(unit, ''));
        projections.push(atlas.tiles.projection(feature, place, rule, ''));
      }
    });
    return make(
      'div',
      {class: 'nines', 'aria-hidden': 'true'},
      make('div', {class: 'nine'}, patches),
      make('div', {class: 'nine'}, projections),
    );
  };

  const facts = (feature) => {
    const {strongest, fires} = feature.statistics;
    const classes = feature.classes.slice(0, 2).map((entry) => `${entry.name} (${entry.of_nine})`);
    const text = `Strongest ${magnitude(strongest)}, fires in ${share(fires)} of the images`;
    return [
      make('p', {class: 'small', text}),
      make('p', {class: 'small muted', text: classes.join(', ') || '\u00a0'}),
    ];
  };

  // layer: its entry in atlas.js
  const create = (layer) => {
    const body = make(
      'div',
      {class: 'preview-body'},
      make('p', {
        class: 'muted small',
        text:
          'Point at a feature, or go to it with the arrow keys, ' +
          `to see the ${atlas.store.atlas().top} images that fire it most.`,
      }),
    );
    const panel = make(
      'aside',
      {class: 'preview unprinted', 'aria-label': 'The feature pointed at'},
      body,
    );
    let timer = 0;
    let current = null;

    const fit = (feature) => {
      const unit = feature.units.find((one) => one.box);
      if (!unit) return;
      const [, width] = atlas.tiles.sized(unit.box);
      // a window that is too narrow for a panel has it below, with the two nines side by side
      const isBelow = matchMedia('(max-width: 959px)').matches;
      const across = isBelow ? 6 : 3;
      const down = isBelow ? 3 : 6;
      const room = Math.floor((body.clientWidth - 24) / across);
      const high = Math.floor((innerHeight * (isBelow ? 0.45 : 1) - (isBelow ? 90 : 190)) / down);
      atlas.tiles.setScale(body, Math.max(24, Math.min(room, high)) / width, width);
    };

    const show = async (number, rule, href) => {
      current = number;
      let feature;
      try {
        feature = await atlas.store.feature(layer.number, number);
      } catch (problem) {
        if (current === number)
          body.replaceChildren(make('p', {class: 'small', text: atlas.errors.message(problem)}));
        return;
      }
      if (current !== number) return;
      fit(feature);
      const heading = make('h2', {}, make('a', {href, text: `Feature ${number}`}));
      body.replaceChildren(
        heading,
        ...facts(feature),
        feature.units.length
          ? ofNine(feature, rule)
          : make('p', {class: 'small', text: 'It does not fire: it has no images.'}),
      );
    };

    const ask = (number, rule, href) => {
      clearTimeout(timer);
      timer = setTimeout(() => show(number, rule, href), PATIENCE);
    };

    return {panel, ask};
  };

  return {create};
})();
