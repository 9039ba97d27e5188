'use strict';
// Which features a feature is made of, which it goes into, and which fire together with it.
var atlas = globalThis.atlas || {};

atlas.featureRelations = (() => {
  const {make, spoken} = atlas.dom;
  const {magnitude, share} = atlas.numbers;
  const ROUNDED = 0.005; // of a share that is written as 100 %
  const SIDE = 56; // pixels of a thumbnail

  const entryOf = (number) => atlas.store.atlas().layers.find((layer) => layer.number === number);

  // A linked thumbnail with a number under it. text: the number; part: of one, how long its bar is;
  // means: what the number is, read aloud; layerName: where it is not that of all
  const item = (entry, layer, {feature, text, part, means, layerName}, rule, state) => {
    const place = layer.features.indexOf(feature);
    const width = `${100 * Math.min(1, Math.max(0, part))}%`;
    const bar = make('span', {class: 'share-bar', 'aria-hidden': 'true', style: {width}});
    const caption = make(
      'span',
      {class: 'caption small', 'aria-hidden': 'true'},
      make('span', {text: String(feature)}),
      make('span', {class: 'muted', text}),
    );
    const where = layerName
      ? make('span', {
          class: 'where small muted',
          'aria-hidden': 'true',
          title: layerName,
          text: layerName,
        })
      : null;
    const heard = spoken(`${entry.name} feature ${feature}, ${means} ${text}`);
    // the atlas may hold only some of a layer's features
    if (place < 0) {
      const size = {width: `${2 * SIDE + 1}px`, height: `${SIDE}px`};
      const word = make('span', {class: 'word', text: 'not in this atlas'});
      const tile = make('span', {class: 'tile absent', style: size}, word);
      return make('li', {class: 'related'}, heard, tile, bar, caption, where);
    }
    const pair = atlas.tiles.pair(layer, place, rule, SIDE);
    const href = atlas.addresses.feature(entry.name, feature, state);
    const cell = make('a', {class: 'cell', href}, heard, pair, bar, caption, where);
    return make('li', {class: 'related'}, cell);
  };

  // members: [{layer, feature, text, part, means}]; here: the number of the layer that goes without
  // saying
  const list = async (members, here, rule, state) => {
    const items = members.map(async (member) => {
      const entry = entryOf(member.layer);
      if (!entry) return null;
      const layer = await atlas.store.layer(entry.number);
      const layerName = member.layer === here ? '' : entry.name;
      return item(entry, layer, {...member, layerName}, rule, state);
    });
    return make('ul', {class: 'relations', role: 'list'}, await Promise.all(items));
  };

  // Of shares what a list takes; the longest bar is that of the largest.
  const byShare = (members, means) => {
    const most = Math.max(...members.map((one) => Math.abs(one.share))) || 1;
    return members.map((one) => ({
      ...one,
      text: share(one.share),
      part: one.share / most,
      means,
    }));
  };

  // title: texts and links; about: a line, or ''
  const section = (title, about, body) =>
    make(
      'section',
      {class: 'relation-section'},
      make('h2', {}, title),
      about ? make('p', {class: 'small muted', text: about}) : null,
      body,
    );

  const link = (entry, state) =>
    make('a', {href: atlas.addresses.layer(entry.name, state), text: entry.name});

  // How much of a feature the layer before accounts for, and what the rest is.
  const account = ({carried, exact, features, layer, rule}) => {
    if (carried === null || carried === undefined) return '';
    const rest = exact === false ? 'biases and functions that are not linear' : 'biases';
    const several = features.some((one) => one.layer !== layer);
    const those = several ? 'those layers' : 'that layer';
    if (Math.abs(carried - 1) < ROUNDED) {
      return `All of its activations came through the features of ${those} (rule ${rule}).`;
    }
    const end = carried > 1 ? `${rest} take off what is too much` : `the rest is ${rest}`;
    return (
      `${share(carried)} of its activations came through the features of ${those}; ${end} ` +
      `(rule ${rule}, the mean over its images).`
    );
  };

  // Features of layers that are not in this atlas, in a line.
  const absent = (features) => {
    const parts = features.map((one) => `${one.feature} (${share(one.share)})`);
    const isOne = new Set(features.map((one) => one.layer)).size === 1;
    const layers = isOne ? 'a layer that is' : 'layers that are';
    return `Features ${parts.join(', ')} of ${layers} not in this atlas.`;
  };

  const madeOf = async (feature, rule, state) => {
    const made = feature.made_of;
    if (!made) return null;
    const entry = entryOf(made.layer);
    const title = ['Made of ', entry ? link(entry, state) : made.name];
    const here = made.features.filter((one) => entryOf(one.layer));
    const elsewhere = made.features.filter((one) => !entryOf(one.layer));
    const body = [];
    if (here.length) body.push(await list(byShare(here, 'share'), made.layer, rule, state));
    if (elsewhere.length) body.push(make('p', {class: 'small', text: absent(elsewhere)}));
    return section(title, account(made), body);
  };

  const goesInto = async (entry, feature, rule, state) => {
    if (!entry.has_into) return null;
    const into = (await atlas.store.into(entry.number)).features[String(feature.feature)];
    if (!into?.length) return section('Goes into', 'It is no main part of any feature here.', null);
    const next = entryOf(into[0].layer);
    const body = await list(byShare(into, 'of which it is'), into[0].layer, rule, state);
    const about = 'Features of which it is a main part, and how much of each it is.';
    return section(['Goes into ', next ? link(next, state) : ''], about, body);
  };

  const correlated = async (entry, feature, rule, state) => {
    if (!feature.correlated?.length) return null;
    const members = feature.correlated.map((one) => ({
      ...one,
      text: magnitude(one.correlation, 2),
      part: one.correlation,
      means: 'correlation',
    }));
    const body = await list(members, entry.number, rule, state);
    const about = 'How alike all images are ranked by their largest activation (Spearman).';
    return section('Fires together with', about, body);
  };

  // A list that cannot be read is a line in its place, and the rest of the page is there.
  const orLine = (promise) =>
    promise.catch((problem) =>
      make('p', {class: 'small bad', text: atlas.errors.message(problem)}),
    );

  const sections = (entry, feature, rule, state) =>
    Promise.all(
      [
        madeOf(feature, rule, state),
        goesInto(entry, feature, rule, state),
        correlated(entry, feature, rule, state),
      ].map(orLine),
    );

  return {sections};
})();
