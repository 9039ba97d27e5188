'use strict';
// The field at the top: layers and classes by a part of their name, and features as layer/number.
var atlas = globalThis.atlas || {};

atlas.search = (() => {
  const {make} = atlas.dom;
  const {things} = atlas.numbers;
  const SHOWN = 40;

  // Whether the atlas has a feature of a layer: numbers are given where it has not all of them.
  const has = (layer, number) =>
    layer.numbers ? layer.numbers.includes(number) : number < layer.channels;

  // The classes of a layer that have a text in their names; of features there are no names.
  const classes = (layer, wanted) =>
    (layer.names || [])
      .map((name, place) => ({name, number: layer.numbers ? layer.numbers[place] : place}))
      .filter(({name}) => name.toLowerCase().includes(wanted))
      .map(({name, number}) => ({
        rank: name.toLowerCase().startsWith(wanted) ? 1 : 3,
        text: name,
        about: `class ${number} of ${layer.name}`,
        href: atlas.addresses.feature(layer.name, number),
      }));

  // What a text finds, best first: [{text, about, href}]
  const results = (text) => {
    const wanted = text.trim().toLowerCase();
    if (!wanted) return [];
    const slash = wanted.lastIndexOf('/');
    const number = wanted.slice(slash + 1);
    const found = [];
    for (const layer of atlas.store.atlas().layers) {
      const name = layer.name.toLowerCase();
      if (
        slash >= 0 &&
        /^\d+$/.test(number) &&
        name.includes(wanted.slice(0, slash)) &&
        has(layer, Number(number))
      ) {
        found.push({
          rank: name === wanted.slice(0, slash) ? 0 : 2,
          text: `${layer.name}/${Number(number)}`,
          about: 'feature',
          href: atlas.addresses.feature(layer.name, Number(number)),
        });
      }
      if (name.includes(wanted)) {
        found.push({
          rank: name.startsWith(wanted) ? 1 : 3,
          text: layer.name,
          about: things(layer.features, 'feature'),
          href: atlas.addresses.layer(layer.name),
        });
      }
      found.push(...classes(layer, wanted));
    }
    return found.sort((one, other) => one.rank - other.rank).slice(0, SHOWN);
  };

  const hasNames = () => atlas.store.atlas().layers.some((layer) => layer.names);

  // Puts the field into an element; go(href) is called with what is chosen.
  const bind = (element, go) => {
    const list = make('ul', {
      id: 'found',
      role: 'listbox',
      'aria-label': 'Found',
      hidden: true,
    });
    const field = make('input', {
      type: 'search',
      id: 'search-field',
      role: 'combobox',
      autocomplete: 'off',
      spellcheck: 'false',
      placeholder: hasNames() ? 'Layer, layer/feature or class' : 'Layer or layer/feature',
      'aria-label': `Search layers${hasNames() ? ', classes' : ''} and features`,
      'aria-controls': 'found',
      'aria-expanded': 'false',
      'aria-autocomplete': 'list',
    });
    let before = null; // what had the focus when somebody called the field
    let found = [];
    let chosen = 0;

    const mark = () => {
      [...list.children].forEach((option, i) =>
        option.setAttribute('aria-selected', String(i === chosen)),
      );
      const option = found.length ? list.children[chosen] : null;
      if (option) {
        field.setAttribute('aria-activedescendant', option.id);
        option.scrollIntoView({block: 'nearest'});
      } else field.removeAttribute('aria-activedescendant');
    };

    const close = () => {
      list.hidden = true;
      field.setAttribute('aria-expanded', 'false');
      field.removeAttribute('aria-activedescendant');
    };

    const choose = (place) => {
      field.value = '';
      close();
      field.blur();
      go(found[place].href);
    };

    const open = () => {
      found = results(field.value);
      chosen = 0;
      const options = found.map((one, i) =>
        make(
          'li',
          {
            role: 'option',
            id: `found-${i}`,
            on: {
              // before the field loses the focus, which closes the list
              pointerdown: (event) => {
                event.preventDefault();
                choose(i);
              },
            },
          },
          make('span', {text: one.text}),
          make('span', {class: 'muted small', text: one.about}),
        ),
      );
      if (!found.length && field.value.trim()) {
        options.push(
          make('li', {
            role: 'option',
            'aria-disabled': 'true',
            'aria-selected': 'false',
            class: 'muted',
            text: 'Nothing of that name',
          }),
        );
      }
      list.replaceChildren(...options);
      list.hidden = !options.length;
      field.setAttribute('aria-expanded', String(!list.hidden));
      mark();
    };

    const step = (by) => {
      if (!found.length) return;
      chosen = (chosen + by + found.length) % found.length;
      mark();
    };

    const keys = {
      ArrowDown: () => step(1),
      ArrowUp: () => step(-1),
      Enter: () => {
        if (found.length && !list.hidden) choose(chosen);
      },
      Escape: () => {
        field.value = '';
        close();
        field.blur();
        before?.focus();
      },
    };
    field.addEventListener('input', open);
    field.addEventListener('focus', () => {
      if (field.value) open();
    });
    field.addEventListener('blur', close);
    field.addEventListener('keydown', (event) => {
      if (!Object.hasOwn(keys, event.key)) return;
      event.preventDefault();
      keys[event.key]();
    });
    element.append(field, list);
    return {
      focus: () => {
        before = document.activeElement;
        field.focus();
        field.select();
      },
    };
  };

  return {bind};
})();
