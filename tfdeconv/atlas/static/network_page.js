'use strict';
// The first page: the layers in order.
var atlas = globalThis.atlas || {};

atlas.networkPage = (() => {
  const {make, spoken} = atlas.dom;
  const {count, size, things} = atlas.numbers;

  const heading = (data) => {
    const {listed, scanned, skipped} = data.images;
    const features = data.layers.reduce((sum, layer) => sum + layer.features, 0);
    const images =
      scanned === listed
        ? things(scanned, 'image')
        : `${count(scanned)} of ${things(listed, 'image')}`;
    const facts = [
      things(data.layers.length, 'layer'),
      things(features, 'feature'),
      `what fires each most in ${images}${skipped ? `, ${count(skipped)} skipped` : ''}`,
      `input ${size(data.image_size)}`,
      `${data.rules.length > 1 ? 'rules' : 'rule'} ${data.rules.join(', ')}`,
    ];
    return [
      make('h1', {tabindex: '-1', text: data.title}),
      make('p', {class: 'facts muted', text: facts.join(' \u00b7 ')}),
      data.notes.length
        ? make(
            'ul',
            {class: 'notes small'},
            data.notes.map((text) => make('li', {text})),
          )
        : null,
    ];
  };

  const number = (value, name, rest = '') =>
    make(
      'td',
      {role: 'cell', class: `number ${value ? '' : 'muted'}`},
      make('span', {class: 'unit-name', text: `${name} `}),
      count(value),
      rest,
    );

  const row = (data, entry, rule, state) => {
    const field = `Receptive field ${size(entry.field)} in an image of ${size(data.image_size)}`;
    const shape = entry.has_map
      ? `${size(entry.map)} \u00b7 ${count(entry.channels)}`
      : count(entry.channels);
    const strip = make('div', {class: 'strip'});
    return {
      entry,
      strip,
      element: make(
        'tr',
        {role: 'row', class: 'layer-row'},
        make(
          'th',
          {role: 'rowheader', scope: 'row'},
          make('a', {
            class: 'name',
            href: atlas.addresses.layer(entry.name, state),
            text: entry.name,
          }),
          make('span', {
            class: 'about muted small',
            text: entry.about,
          }),
        ),
        make(
          'td',
          {role: 'cell', class: 'field-cell'},
          atlas.receptiveField.draw(entry.field, data.image_size, field),
          make('span', {class: 'small', 'aria-hidden': 'true', text: size(entry.field)}),
        ),
        make('td', {role: 'cell', class: 'small shape'}, shape),
        number(
          entry.features,
          'features',
          entry.features < entry.channels ? ` of ${count(entry.channels)}` : '',
        ),
        number(entry.dead, 'dead'),
        number(entry.always_on, 'always on'),
        number(entry.border_bound, 'border-bound'),
        make('td', {role: 'cell', class: 'strip-cell'}, strip),
      ),
    };
  };

  const HEADS = [
    'Layer',
    'Field',
    'Map',
    'Features',
    'Dead',
    'Always on',
    'Border-bound',
    'Some of its features',
  ];

  const table = (rows) => {
    const heads = HEADS.map((text, i) =>
      make('th', {
        role: 'columnheader',
        scope: 'col',
        class: i > 2 && i < 7 ? 'number' : null,
        text,
      }),
    );
    const bodies = [];
    let stage;
    for (const {entry, element} of rows) {
      if (!bodies.length || entry.stage !== stage) {
        stage = entry.stage;
        // layers of no stage must not look like more of the stage above them
        const isApart = !stage && bodies.length;
        bodies.push(make('tbody', {role: 'rowgroup', class: isApart ? 'apart' : null}));
        if (stage) {
          bodies
            .at(-1)
            .append(
              make(
                'tr',
                {role: 'row', class: 'stage'},
                make(
                  'th',
                  {role: 'rowheader', scope: 'rowgroup', colspan: HEADS.length},
                  spoken('Stage '),
                  stage,
                ),
              ),
            );
        }
      }
      bodies.at(-1).append(element);
    }
    return make(
      'table',
      {role: 'table', class: 'layers'},
      make('caption', {class: 'spoken', text: 'The layers, from the image on'}),
      make('thead', {role: 'rowgroup'}, make('tr', {role: 'row'}, heads)),
      bodies,
    );
  };

  // Shows only the layers whose name holds a text.
  const filter = (rows, told) => {
    const field = make('input', {
      type: 'search',
      id: 'filter',
      autocomplete: 'off',
      spellcheck: 'false',
    });
    field.addEventListener('input', () => {
      const wanted = field.value.trim().toLowerCase();
      let left = 0;
      for (const {entry, element} of rows) {
        element.hidden = !entry.name.toLowerCase().includes(wanted);
        left += element.hidden ? 0 : 1;
      }
      for (const body of document.querySelectorAll('.layers tbody')) {
        body.hidden = !body.querySelector('.layer-row:not([hidden])');
      }
      told.textContent = wanted ? `${count(left)} of ${things(rows.length, 'layer')}` : '';
    });
    return make(
      'div',
      {class: 'controls unprinted'},
      make('label', {class: 'field'}, make('span', {text: 'Show layers called'}), field),
      told,
    );
  };

  const open = async (address, rule) => {
    const data = atlas.store.atlas();
    const state = {rule: address.state.rule};
    const rows = data.layers.map((entry) => row(data, entry, rule, state));
    const links = () =>
      rows
        .filter(({element}) => !element.hidden)
        .map(({element}) => element.querySelector('.name'));
    // to the next row from the one that has the focus, or to the first
    const step = (by) => {
      const all = links();
      const at = all.findIndex((link) => link.closest('tr').contains(document.activeElement));
      const next = at < 0 ? 0 : at + by;
      if (next < 0 || next >= all.length) return false;
      all[next].focus();
      return true;
    };
    let observer;
    const told = make('p', {class: 'count', role: 'status'});
    return {
      title: '',
      content: [...heading(data), data.layers.length > 12 ? filter(rows, told) : null, table(rows)],
      keys: [
        {keys: ['ArrowDown'], shown: '\u2193', about: 'the next layer', act: () => step(1)},
        {keys: ['ArrowUp'], shown: '\u2191', about: 'the layer before', act: () => step(-1)},
      ],
      enter: () => {
        observer = atlas.layerExamples.watch(rows, rule, state);
      },
      leave: () => observer.disconnect(),
      // from a layer's page back to its row
      focus: (before) => {
        const found = rows.find(({entry}) => entry === before?.layer);
        found?.element.querySelector('.name').focus({preventScroll: true});
        return Boolean(found);
      },
    };
  };

  return {open};
})();
