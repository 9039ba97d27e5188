'use strict';
// Which of a layer's features are shown, and in which order: what an address says after its `?`.
var atlas = globalThis.atlas || {};

atlas.layerOrder = (() => {
  const {magnitude, share} = atlas.numbers;

  // By name in the address. value: what is sorted by, largest first unless ascending; shown: how
  // it stands under a thumbnail.
  const SORTS = {
    number: {
      about: 'number',
      ascending: true,
      value: (layer, place) => layer.features[place],
      shown: (layer, place) => magnitude(layer.columns.strongest[place]),
    },
    strength: {
      about: 'strongest activation',
      value: (layer, place) => layer.columns.strongest[place],
      shown: (layer, place) => magnitude(layer.columns.strongest[place]),
    },
    fires: {
      about: 'fires most often',
      value: (layer, place) => layer.columns.fires[place],
      shown: (layer, place) => share(layer.columns.fires[place]),
    },
    rare: {
      about: 'fires least often',
      ascending: true,
      value: (layer, place) => layer.columns.fires[place],
      shown: (layer, place) => share(layer.columns.fires[place]),
    },
    selective: {
      about: 'most selective',
      value: (layer, place) => layer.columns.selectivity[place],
      shown: (layer, place) => magnitude(layer.columns.selectivity[place]),
    },
    class: {
      about: 'most of one class',
      value: (layer, place) => layer.columns.lift?.[place],
      shown: (layer, place) => layer.columns.best_class[place],
    },
    border: {
      about: 'most at the border',
      value: (layer, place) => layer.columns.border[place],
      shown: (layer, place) => share(layer.columns.border[place]),
    },
  };

  // What can be left out, by name in the address.
  const FILTERS = {
    dead: {about: 'dead', column: 'dead'},
    border: {about: 'border-bound', column: 'border_bound'},
    always: {about: 'always on', column: 'always_on'},
  };

  // What is said of a feature whose flags are set.
  const WORDS = {dead: 'dead', always_on: 'always on', border_bound: 'bound to the border'};
  const flags = (layer, place) =>
    Object.keys(WORDS)
      .filter((column) => layer.columns[column]?.[place])
      .map((column) => WORDS[column]);

  const isKnown = (value) => value !== null && value !== undefined;

  const sortOf = (state) => (Object.hasOwn(SORTS, state.sort ?? '') ? state.sort : 'number');

  const hiddenOf = (state) =>
    (state.hide || '').split(',').filter((name) => Object.hasOwn(FILTERS, name));

  // The sorts that this layer has numbers for.
  const sorts = (layer) =>
    Object.keys(SORTS).filter(
      (name) =>
        name === 'number' ||
        layer.features.some((_, place) => isKnown(SORTS[name].value(layer, place))),
    );

  // The classes that are some feature's best, with the number of features, most first.
  const classes = (layer) => {
    const counts = new Map();
    for (const name of layer.columns.best_class || []) {
      if (isKnown(name)) counts.set(name, (counts.get(name) || 0) + 1);
    }
    return [...counts].sort((one, other) => other[1] - one[1] || (one[0] < other[0] ? -1 : 1));
  };

  // How many features a filter would leave out.
  const affected = (layer, name) =>
    (layer.columns[FILTERS[name].column] || []).filter(Boolean).length;

  // The places in layer.features of what is shown, in order.
  const places = (layer, state) => {
    const hidden = hiddenOf(state).map((name) => layer.columns[FILTERS[name].column] || []);
    const isShown = (place) =>
      !hidden.some((column) => column[place]) &&
      (!state.class || layer.columns.best_class[place] === state.class);
    const sort = SORTS[sortOf(state)];
    const sign = sort.ascending ? 1 : -1;
    const order = layer.features.map((_, place) => place).filter(isShown);
    const values = layer.features.map((_, place) => sort.value(layer, place));
    return order.sort((one, other) => {
      if (!isKnown(values[one]) || !isKnown(values[other])) {
        return isKnown(values[other]) - isKnown(values[one]) || one - other;
      }
      return sign * (values[one] - values[other]) || one - other;
    });
  };

  return {SORTS, FILTERS, flags, sortOf, hiddenOf, sorts, classes, affected, places};
})();
