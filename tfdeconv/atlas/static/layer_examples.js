'use strict';
// Some features of each layer on the network's page: put there when its row comes near the window.
var atlas = globalThis.atlas || {};

atlas.layerExamples = (() => {
  const {make} = atlas.dom;
  const SIDE = 48; // of a thumbnail, in pixels
  const FEATURES = 8; // thumbnails of a layer: as many as a wide window shows

  // The features that stand for a layer: those of its first sheet that are the most selective,
  // since one that fires everywhere shows little. Dead ones have nothing to show.
  const examples = (layer) => {
    const {dead, always_on: alwaysOn, selectivity, strongest} = layer.columns;
    const places = layer.features
      .map((_, place) => place)
      .filter((place) => place < layer.thumbnail.per_sheet && !dead[place]);
    const worth = (place) => selectivity[place] ?? strongest[place];
    return places
      .sort((one, other) => alwaysOn[one] - alwaysOn[other] || worth(other) - worth(one))
      .slice(0, FEATURES);
  };

  const thumbnails = (entry, layer, rule, state) =>
    examples(layer).map((place) =>
      make(
        'a',
        {
          href: atlas.addresses.feature(entry.name, layer.features[place], state),
          'aria-label': `${entry.name} feature ${layer.features[place]}`,
        },
        atlas.tiles.pair(layer, place, rule, SIDE),
      ),
    );

  // layer.js of a row is loaded when the row comes near the window
  const watch = (rows, rule, state) => {
    const observer = new IntersectionObserver(
      (entries) => {
        for (const seen of entries) {
          if (!seen.isIntersecting) continue;
          observer.unobserve(seen.target);
          const found = rows.find((one) => one.element === seen.target);
          atlas.store.layer(found.entry.number).then(
            (layer) => found.strip.append(...thumbnails(found.entry, layer, rule, state)),
            (problem) =>
              found.strip.append(
                make('span', {class: 'small bad', text: atlas.errors.message(problem)}),
              ),
          );
        }
      },
      {rootMargin: '600px'},
    );
    for (const {element} of rows) observer.observe(element);
    return observer;
  };

  return {watch};
})();
