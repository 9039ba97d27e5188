'use strict';
// The bar over a layer's features: order, what is left out, rule, and how many are shown.
var atlas = globalThis.atlas || {};

atlas.layerControls = (() => {
  const {make} = atlas.dom;
  const {count, things} = atlas.numbers;
  const order = atlas.layerOrder;

  const sortField = (layer, state, change) => {
    const options = order.sorts(layer).map((name) =>
      make('option', {
        value: name,
        text: order.SORTS[name].about,
        selected: name === order.sortOf(state),
      }),
    );
    const select = make(
      'select',
      {
        id: 'sort',
        on: {
          change: () => change({sort: select.value === 'number' ? '' : select.value}),
        },
      },
      options,
    );
    return make('label', {class: 'field'}, make('span', {text: 'Sort by'}), select);
  };

  const classField = (layer, state, change) => {
    const classes = order.classes(layer);
    if (!classes.length) return null;
    const options = classes.map(([name, number]) =>
      make('option', {
        value: name,
        text: `${name} (${count(number)})`,
        selected: name === state.class,
      }),
    );
    const select = make(
      'select',
      {id: 'class', on: {change: () => change({class: select.value})}},
      make('option', {value: '', text: 'any class'}),
      options,
    );
    return make('label', {class: 'field'}, make('span', {text: 'Best at'}), select);
  };

  const filterField = (layer, state, change) => {
    const names = Object.keys(order.FILTERS).filter((name) => order.affected(layer, name));
    if (!names.length) return null;
    const boxes = names.map((name) =>
      make('input', {
        type: 'checkbox',
        value: name,
        checked: order.hiddenOf(state).includes(name),
      }),
    );
    const read = () =>
      change({
        hide: boxes
          .filter((box) => box.checked)
          .map((box) => box.value)
          .join(','),
      });
    const labels = boxes.map((box, i) => {
      box.addEventListener('change', read);
      const about = `${order.FILTERS[names[i]].about} (${count(order.affected(layer, names[i]))})`;
      return make('label', {class: 'check'}, box, make('span', {text: about}));
    });
    return make('fieldset', {class: 'field'}, make('legend', {text: 'Hide'}), labels);
  };

  // One of the rules, as a row of buttons: null where there is one. choose(rule) is called.
  const ruleField = (chosen, choose) => {
    const rules = atlas.rules.all();
    if (rules.length < 2) return null;
    const buttons = rules.map((rule) =>
      make('button', {
        type: 'button',
        text: rule,
        'aria-pressed': String(rule === chosen),
        on: {
          click: () => choose(rule),
        },
      }),
    );
    const mark = (rule) =>
      buttons.forEach((button, i) =>
        button.setAttribute('aria-pressed', String(rules[i] === rule)),
      );
    const group = make('div', {class: 'choice', role: 'group', 'aria-label': 'Rule'}, buttons);
    return {group, mark};
  };

  // The whole bar. change(part of the state) is called when somebody chooses.
  const bar = (layer, state, change, rules) => {
    const shown = make('p', {class: 'count', role: 'status'});
    const element = make(
      'form',
      {
        class: 'controls unprinted',
        'aria-label': 'Features',
        on: {
          submit: (event) => event.preventDefault(),
        },
      },
      sortField(layer, state, change),
      classField(layer, state, change),
      filterField(layer, state, change),
      rules ? rules.group : null,
      shown,
    );
    const tell = (number) => {
      const all = layer.features.length;
      shown.textContent =
        number === all ? things(all, 'feature') : `${count(number)} of ${things(all, 'feature')}`;
    };
    return {element, tell};
  };

  return {bar, ruleField};
})();
