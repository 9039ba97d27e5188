'use strict';
// Which features a feature is made of, which it goes into, and which fire together with it.
var atlas = globalThis.atlas || {};

atlas.featureRelations = (() => {
  const {make, spoken} = atlas.dom;
  const {magnitude, share} = atlas.numbers;
  const SIDE = 56; // pixels of a thumbnail

  const entryOf = (number) => atlas.store.atlas().layers.find((layer) => layer.number === number);

  // A linked thumbnail with a number under it. part: of one, how long the bar is; means: what the
  // number is, read aloud
  const item = (entry, layer, feature, {text, part, means}, rule, state) => {
    const place = layer.features.indexOf(feature);
    const bar = make('span', {
      class: 'share-bar',
      'aria-hidden': 'true',
      style: {width: `${100 * Math.min(1, Math.max(0, part))}%`},
    });
    const caption = make(
      'span',
      {class: 'caption small', 'aria-hidden': 'true'},
      make('span', {text: String(feature)}),
      make('span', {class: 'muted', text}),
    );
    const heard = spoken(`${entry.name} feature ${feature}, ${means} ${text}`);
    // the atlas may hold only some of a layer's features
    if (place < 0) {
      const size = {width: `${2 * SIDE + 1}px`, height: `${SIDE}px`};
      const word = make('span', {class: 'word', text: 'not in this atlas'});
      const tile = make('span', {class: 'tile empty', style: size}, word);
      return make('li', {class: 'related'}, heard, tile, bar, caption);
    }
    const pair = atlas.tiles.pair(layer, place, rule, SIDE);
    const href = atlas.addresses.feature(entry.name, feature, state);
    return make(
      'li',
      {class: 'related'},
      make('a', {class: 'cell', href}, heard, pair, bar, caption),
    );
  };

  // members: [{layer, feature, text, part, means}]
  const list = async (members, rule, state) => {
    const items = await Promise.all(
      members.map(async (member) => {
        const entry = entryOf(member.layer);
        if (!entry) return null;
        const layer = await atlas.store.layer(entry.number);
        return item(entry, layer, member.feature, member, rule, state);
      }),
    );
    return make('ul', {class: 'relations', role: 'list'}, items);
  };

  const section = (title, about, body) =>
    make(
      'section',
      {class: 'relation-section'},
      make('h2', {text: title}),
      about ? make('p', {class: 'small muted', text: about}) : null,
      body,
    );

  const link = (entry) => make('a', {href: atlas.addresses.layer(entry.name), text: entry.name});

  const madeOf = async (feature, rule, state) => {
    const made = feature.made_of;
    if (!made || !entryOf(made.layer)) return null;
    const about =
      made.carried === null || made.carried === undefined
        ? ''
        : `${share(made.carried)} of its activations came through the features of that layer, ` +
          `the rest is biases${made.exact ? '' : ' and what curves in between'} ` +
          `(rule ${made.rule}, mean over its images).`;
    const most = Math.max(...made.features.map((one) => Math.abs(one.share))) || 1;
    const members = made.features.map((one) => ({
      layer: made.layer,
      feature: one.feature,
      text: share(one.share),
      part: one.share / most,
      means: 'share',
    }));
    const built = section('Made of', about, await list(members, rule, state));
    built.firstChild.append(' ', link(entryOf(made.layer)));
    return built;
  };

  const goesInto = async (entry, feature, rule, state) => {
    if (!entry.has_into) return null;
    const into = (await atlas.store.into(entry.number)).features[String(feature.feature)];
    if (!into?.length)
      return section('Goes into', 'No feature of the next layer has it as a main part.', null);
    const most = Math.max(...into.map((one) => Math.abs(one.share))) || 1;
    const members = into.map((one) => ({
      ...one,
      text: share(one.share),
      part: one.share / most,
      means: 'of which it is',
    }));
    const built = section(
      'Goes into',
      'Features of which it is a main part, and how much of each it is.',
      await list(members, rule, state),
    );
    const next = entryOf(into[0].layer);
    if (next) built.firstChild.append(' ', link(next));
    return built;
  };

  const correlated = async (feature, rule, state) => {
    if (!feature.correlated?.length) return null;
    const members = feature.correlated.map((one) => ({
      ...one,
      text: magnitude(one.correlation, 2),
      part: one.correlation,
      means: 'correlation',
    }));
    return section(
      'Fires together with',
      'Correlation of the maxima over all images.',
      await list(members, rule, state),
    );
  };

  const sections = (entry, feature, rule, state) =>
    Promise.all([
      madeOf(feature, rule, state),
      goesInto(entry, feature, rule, state),
      correlated(feature, rule, state),
    ]);

  return {sections};
})();
