'use strict';
// The page of a layer: all of its features as thumbnails.
var atlas = globalThis.atlas || {};

atlas.layerPage = (() => {
  const {make} = atlas.dom;
  const {count, magnitude, share, size} = atlas.numbers;
  const {addresses, layerOrder} = atlas;

  const neighbours = (entry) => {
    const {layers} = atlas.store.atlas();
    const at = layers.indexOf(entry);
    return [layers[at - 1], layers[at + 1]];
  };

  const heading = (entry, state) => {
    const facts = [entry.about];
    if (entry.has_map) facts.push(`map ${size(entry.map)}`, `stride ${size(entry.stride)}`);
    facts.push(`receptive field ${size(entry.field)}`);
    if (entry.features < entry.channels) {
      facts.push(`${count(entry.features)} of its ${count(entry.channels)} features`);
    }
    const [before, after] = neighbours(entry);
    const kept = {rule: state.rule};
    const link = (layer, text, rel) =>
      layer
        ? make('a', {
            class: 'button',
            rel,
            href: addresses.layer(layer.name, kept),
            text: text(layer.name),
          })
        : null;
    return make(
      'div',
      {class: 'page-head'},
      make(
        'div',
        {class: 'page-title'},
        make('h1', {tabindex: '-1', text: entry.name}),
        make('p', {class: 'facts muted', text: facts.join(' \u00b7 ')}),
      ),
      make(
        'nav',
        {class: 'steps', 'aria-label': 'Layers'},
        link(before, (name) => `\u2190 ${name}`, 'prev'),
        link(after, (name) => `${name} \u2192`, 'next'),
      ),
    );
  };

  // What stands under a thumbnail beside its number. Of a few images many features are always on:
  // their strength says more.
  const remark = (layer, place, state) => {
    const sort = layerOrder.sortOf(state);
    if (layer.columns.dead[place]) return 'dead';
    if (sort === 'number' && layer.columns.border_bound?.[place]) return 'at border';
    return layerOrder.SORTS[sort].shown(layer, place);
  };

  // A class's name, in a layer of classes.
  const className = (layer, place) => {
    const text = layer.names?.[place];
    if (!text) return null;
    return make('span', {class: 'class-name small', 'aria-hidden': 'true', title: text, text});
  };

  const spokenLabel = (entry, layer, place) => {
    const {columns} = layer;
    const parts = [`${entry.name} feature ${layer.features[place]}`];
    if (layer.names?.[place]) parts.push(layer.names[place]);
    parts.push(...layerOrder.flags(layer, place));
    if (!columns.dead[place]) {
      parts.push(
        `strongest ${magnitude(columns.strongest[place])}`,
        `fires in ${share(columns.fires[place])} of images`,
      );
      if (columns.best_class?.[place]) parts.push(`best at ${columns.best_class[place]}`);
    }
    return parts.join(', ');
  };

  const open = async (address, startRule) => {
    const entry = address.layer;
    const layer = await atlas.store.layer(entry.number);
    let state = {...address.state};
    let rule = startRule;

    const href = (place) => addresses.feature(entry.name, layer.features[place], state);
    const preview = atlas.preview.create(entry);
    const {side} = layer.thumbnail;
    const grid = atlas.layerGrid.create({
      name: `Features of ${entry.name}`,
      // the names of classes have a line of their own
      cell: {width: 2 * side + 1, height: side + (layer.names ? 44 : 24)},
      href,
      label: (place) => spokenLabel(entry, layer, place),
      draw: (place) => [
        atlas.tiles.pair(layer, place, rule),
        make(
          'span',
          {class: 'caption small', 'aria-hidden': 'true'},
          make('span', {class: 'feature-number', text: String(layer.features[place])}),
          make('span', {class: 'muted', text: remark(layer, place, state)}),
        ),
        className(layer, place),
      ],
      point: (place) => preview.ask(layer.features[place], rule, href(place)),
    });

    const none = make('p', {
      class: 'none',
      hidden: true,
      text: 'No feature is left: everything is hidden.',
    });
    const arrange = () => {
      const places = layerOrder.places(layer, state);
      grid.show(places);
      bar.tell(places.length);
      none.hidden = places.length > 0;
    };
    const change = (part) => {
      state = {...state, ...part};
      atlas.main.restate(addresses.layer(entry.name, state));
    };
    const choose = (chosen) => {
      rule = chosen;
      ruleField.mark(rule);
      change({rule: atlas.rules.inAddress(rule)});
      atlas.rules.turn(document.getElementById('main'), rule);
    };
    const ruleField = atlas.layerControls.ruleField(rule, choose);
    const bar = atlas.layerControls.bar(
      layer,
      state,
      (part) => {
        change(part);
        arrange();
      },
      ruleField,
    );

    const [before, after] = neighbours(entry);
    const turn = (across, neighbour) => () => {
      if (grid.has(document.activeElement)) return grid.move(across, 0);
      if (!neighbour) return false;
      return atlas.main.go(addresses.layer(neighbour.name, {rule: state.rule}));
    };
    const row = (down) => () => {
      if (grid.has(document.activeElement)) return grid.move(0, down);
      // into the features from above; otherwise the page scrolls
      if (down < 0 || !grid.size() || document.activeElement.closest('.controls, .steps'))
        return false;
      return grid.focus(grid.firstVisible());
    };

    return {
      title: entry.name,
      content: [
        heading(entry, state),
        bar.element,
        make(
          'div',
          {class: 'with-preview'},
          make('section', {'aria-label': 'Features'}, grid.list, none),
          preview.panel,
        ),
      ],
      keys: [
        {
          keys: ['ArrowLeft'],
          shown: '\u2190',
          about: 'the feature before; outside of the features, the layer before',
          act: turn(-1, before),
        },
        {
          keys: ['ArrowRight'],
          shown: '\u2192',
          about: 'the next feature; outside of the features, the next layer',
          act: turn(1, after),
        },
        {keys: ['ArrowUp'], shown: '\u2191', about: 'a row up', act: row(-1)},
        {
          keys: ['ArrowDown'],
          shown: '\u2193',
          about: 'into the features, and a row down',
          act: row(1),
        },
        {
          keys: ['r'],
          shown: 'r',
          about: 'the next rule',
          act: () => {
            if (!ruleField) return false;
            return choose(atlas.rules.after(rule));
          },
        },
      ],
      enter: () => {
        grid.start();
        arrange();
      },
      leave: () => grid.stop(),
      // from a feature's page back to its thumbnail
      focus: (from) => {
        if (from?.page !== 'feature' || from.layer !== entry) return false;
        const place = grid.indexOf(layer.features.indexOf(from.feature));
        if (place < 0) return false;
        grid.focus(place);
        return true;
      },
    };
  };

  return {open};
})();
