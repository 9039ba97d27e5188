'use strict';
// The page of a feature.
var atlas = globalThis.atlas || {};

atlas.featurePage = (() => {
  const {make} = atlas.dom;
  const {count, magnitude, share, things} = atlas.numbers;
  const {addresses, layerOrder} = atlas;

  // The features before and after, in the order and of those that the layer's page shows.
  const neighbours = (layer, number, state) => {
    const places = layerOrder.places(layer, state);
    const at = places.indexOf(layer.features.indexOf(number));
    const feature = (place) => (place === undefined ? null : layer.features[place]);
    if (at < 0) return {before: null, after: feature(places[0]), at, of: places.length};
    return {before: feature(places[at - 1]), after: feature(places[at + 1]), at, of: places.length};
  };

  const summary = (layer, feature, place) => {
    const {strongest, fires} = feature.statistics;
    return [
      ...layerOrder.flags(layer, place),
      `strongest ${magnitude(strongest)}`,
      `fires in ${share(fires)} of the images`,
    ].join(' \u00b7 ');
  };

  const held = (entry) =>
    entry.features === entry.channels
      ? `its ${things(entry.features, 'feature')} start at 0.`
      : `it holds ${count(entry.features)} of ${count(entry.channels)}.`;

  const open = async (address, startRule) => {
    const {layer: entry, feature: number} = address;
    const layer = await atlas.store.layer(entry.number);
    const place = layer.features.indexOf(number);
    if (place < 0) {
      throw new addresses.Unknown(
        `This atlas has no feature ${number} of ${entry.name}: ${held(entry)}`,
      );
    }
    // of a class, in a layer of classes
    const name = layer.names?.[place];
    const feature = await atlas.store.feature(entry.number, number);
    let state = {...address.state};
    let rule = startRule;

    const {before, after, at, of} = neighbours(layer, number, state);
    const addressOf = (other) => addresses.feature(entry.name, other, state);
    const step = (other, text, rel) =>
      other === null ? null : make('a', {class: 'button', rel, text, href: addressOf(other)});
    const sort = layerOrder.SORTS[layerOrder.sortOf(state)].about;
    const told = `${count(at + 1)} of ${count(of)} by ${sort}`;
    const steps = make(
      'nav',
      {class: 'steps', 'aria-label': 'Features'},
      step(before, `\u2190 ${before}`, 'prev'),
      at >= 0 ? make('span', {class: 'muted small', text: told}) : null,
      step(after, `${after} \u2192`, 'next'),
    );

    const nine = atlas.featureNine.section(entry, feature, rule);
    const relations = await atlas.featureRelations.sections(entry, feature, rule, {
      rule: state.rule,
    });

    const choose = (chosen) => {
      rule = chosen;
      field.mark(rule);
      state = {...state, rule: atlas.rules.inAddress(rule)};
      atlas.main.restate(addressOf(number));
      atlas.rules.turn(document.getElementById('main'), rule);
    };
    const field = atlas.layerControls.ruleField(rule, choose);
    const turn = (other) => () => (other === null ? false : atlas.main.go(addressOf(other)));

    return {
      title: `${entry.name}/${number}${name ? ` ${name}` : ''}`,
      content: [
        make(
          'div',
          {class: 'page-head'},
          make(
            'div',
            {class: 'page-title'},
            make(
              'h1',
              {tabindex: '-1'},
              make('span', {class: 'of-layer', text: `${entry.name} `}),
              make('span', {class: 'feature-name', text: `feature ${number}${name ? ':' : ''}`}),
              name ? make('span', {class: 'class-title', text: ` ${name}`}) : null,
            ),
            make('p', {class: 'facts muted', text: summary(layer, feature, place)}),
          ),
          steps,
        ),
        field ? make('div', {class: 'controls unprinted'}, field.group) : null,
        make(
          'div',
          {class: 'feature-body'},
          nine.element,
          make('div', {class: 'feature-side'}, atlas.featureFiring.sections(entry, feature)),
        ),
        make('div', {class: 'relations-all'}, relations),
      ],
      keys: [
        {keys: ['ArrowLeft'], shown: '\u2190', about: 'the feature before', act: turn(before)},
        {keys: ['ArrowRight'], shown: '\u2192', about: 'the next feature', act: turn(after)},
        {
          keys: ['r'],
          shown: 'r',
          about: 'the next rule',
          act: () => {
            if (!field) return false;
            return choose(atlas.rules.after(rule));
          },
        },
      ],
      enter: () => nine.start(),
      leave: () => nine.stop(),
    };
  };

  return {open};
})();
