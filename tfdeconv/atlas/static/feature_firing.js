'use strict';
// How often and where a feature fires, at which classes, and what came by which way.
var atlas = globalThis.atlas || {};

atlas.featureFiring = (() => {
  const {make} = atlas.dom;
  const {count, magnitude, share, things} = atlas.numbers;

  const section = (title, ...content) =>
    make('section', {class: 'side-section'}, make('h2', {text: title}), ...content);

  const CLASSES =
    'Lift: how many times as frequent as in all images. Chance: how likely so many are ' +
    'when images are drawn at random.';
  const WAYS = 'The two add up to what the activation function of the block is given.';

  const number = (text) => make('td', {class: 'number', text});

  // heads: of columns, the first of which names its row; rows: lists of cells
  const table = (heads, rows, kind = '') => {
    const cells = heads.map((text, i) =>
      make('th', {scope: 'col', class: i ? 'number' : null, text}),
    );
    return make(
      'table',
      {class: `small plain ${kind}`},
      make('thead', {}, make('tr', {}, cells)),
      make(
        'tbody',
        {},
        rows.map((row) => make('tr', {}, row)),
      ),
    );
  };

  const numbers = (entry, feature) => {
    const {strongest, mean, mean_maximum: meanMaximum, fires, places} = feature.statistics;
    const rows = [
      ['Strongest activation', magnitude(strongest)],
      ['Fires in', `${share(fires)} of the images`],
      entry.has_map ? ['', `${share(places)} of the places`] : null,
      ['Mean of the maxima', magnitude(meanMaximum)],
      entry.has_map ? ['Mean', magnitude(mean)] : null,
    ].filter(Boolean);
    return make(
      'dl',
      {class: 'numbers'},
      rows.map(([name, value]) => [
        name ? make('dt', {text: name}) : make('dt', {}, atlas.dom.spoken('and in')),
        make('dd', {text: value}),
      ]),
    );
  };

  const histogram = (feature) => {
    const counts = feature.histogram;
    const total = counts.reduce((sum, value) => sum + value, 0);
    if (!total) return null;
    const label =
      `Histogram of the largest activation in each of ${things(total, 'image')}: ` +
      `${count(counts[0])} do not fire it; the strongest ` +
      magnitude(feature.statistics.strongest);
    return make('figure', {}, atlas.histogram.draw(counts, atlas.store.atlas().edges, label));
  };

  const firing = (entry, feature) =>
    section('How it fires', numbers(entry, feature), histogram(feature));

  const where = (entry, feature) => {
    const units = feature.units.filter((unit) => unit.position && !unit.word);
    if (!units.length) {
      return entry.has_map
        ? null
        : section(
            'Where it fires',
            make('p', {
              class: 'small muted',
              text: 'This layer has no map: each unit sees the whole image.',
            }),
          );
    }
    const border = units.filter((unit) => unit.at_border).length;
    const places = units.map(
      (unit) => `${unit.rank} at row ${unit.position[0]}, column ${unit.position[1]}`,
    );
    return section(
      'Where they stand',
      make(
        'figure',
        {},
        atlas.positions.draw(
          units,
          atlas.store.atlas().image_size,
          `Where in the image the units stand: ${places.join('; ')}`,
        ),
      ),
      make('p', {
        class: 'small muted',
        text: border
          ? `${count(border)} of ${count(units.length)} stand at the border of the map, ` +
            'where padding is read.'
          : '',
      }),
    );
  };

  const classes = (feature) => {
    if (!atlas.store.atlas().images.labelled) return null;
    if (!feature.classes.length) {
      return section(
        'Classes',
        make('p', {
          class: 'small muted',
          text: 'No class is more frequent among them than in all images.',
        }),
      );
    }
    const rows = feature.classes.map((entry) => [
      make('th', {scope: 'row', text: entry.name}),
      number(count(entry.of_nine)),
      number(share(entry.share)),
      number(`${magnitude(entry.lift, 2)}\u202f\u00d7`),
      number(magnitude(entry.chance, 1)),
    ]);
    const heads = ['Class', `Of ${count(feature.units.length)}`, 'Of all', 'Lift', 'Chance'];
    return section('Classes', table(heads, rows), make('p', {class: 'small muted', text: CLASSES}));
  };

  // Of residual blocks: what came through the identity and through the branch.
  const ways = (feature) => {
    const units = feature.units.filter(
      (unit) => unit.shortcut !== null && unit.shortcut !== undefined,
    );
    if (!units.length) return null;
    const most =
      Math.max(...units.flatMap((unit) => [Math.abs(unit.shortcut), Math.abs(unit.branch)])) || 1;
    const way = (value, kind) => {
      const bar = make('span', {
        class: `bar ${kind} ${value < 0 ? 'negative' : ''}`,
        style: {width: `${(60 * Math.abs(value)) / most}%`},
      });
      return make('td', {class: 'number way'}, bar, make('span', {text: magnitude(value)}));
    };
    const rows = units.map((unit) => [
      make('th', {scope: 'row', text: count(unit.rank)}),
      number(magnitude(unit.value)),
      way(unit.shortcut, 'identity'),
      way(unit.branch, 'branch'),
    ]);
    const heads = ['Rank', 'Activation', 'Identity', 'Branch'];
    return section(
      'Identity and branch',
      make('p', {class: 'small muted', text: WAYS}),
      table(heads, rows, 'ways'),
    );
  };

  const sections = (entry, feature) => [
    firing(entry, feature),
    where(entry, feature),
    ways(feature),
    classes(feature),
  ];

  return {sections};
})();
