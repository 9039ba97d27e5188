'use strict';
// The controls over the pictures: layer, feature, rule, mode and view; and where photos come from.
var explorer = globalThis.explorer || {};

explorer.controls = (() => {
  const {make} = atlas.dom;
  const MODES = {max: 'One unit', all: 'Whole map'};
  const VIEWS = {beside: 'Beside', close: 'Close up', over: 'Over the photo'};
  const element = (id) => document.getElementById(id);

  const press = (group, value) => {
    for (const button of element(group).children) {
      button.setAttribute('aria-pressed', String(button.dataset.value === value));
    }
  };

  // A row of buttons of which one is pressed. names: {value: text}
  const choice = (group, names, value, choose) => {
    element(group).replaceChildren(
      ...Object.entries(names).map(([each, text]) =>
        make('button', {
          type: 'button',
          text,
          data: {value: each},
          on: {
            click: () => {
              press(group, each);
              choose(each);
            },
          },
        }),
      ),
    );
    press(group, value);
  };

  const option = (layer) =>
    make('option', {
      value: layer.name,
      text: `${layer.name}, ${layer.map.join(' x ')}, ${layer.channels} features`,
    });

  // Layers with kernels and the ends of blocks first: the others mostly pass on what these found.
  const layers = (described) => {
    const usual = described.layers.filter((layer) => layer.usual);
    const others = described.layers.filter((layer) => !layer.usual);
    const groups = [
      ['Convolutions, blocks and dense layers', usual],
      ['Other layers', others],
    ];
    element('layer').replaceChildren(
      ...groups
        .filter(([, rows]) => rows.length)
        .map(([label, rows]) => make('optgroup', {label}, rows.map(option))),
    );
    element('layer').value = described.layer;
  };

  const start = (described, state, choose) => {
    element('title').textContent = described.title;
    document.title = `${described.title} - explorer`;
    layers(described);
    const rules = Object.fromEntries(described.rules.map((rule) => [rule, rule]));
    choice('rule', rules, state.rule, choose.rule);
    const modes = Object.fromEntries(described.modes.map((mode) => [mode, MODES[mode] || mode]));
    choice('mode', modes, state.mode, choose.mode);
    choice('view', VIEWS, state.view, choose.view);
    element('layer').addEventListener('change', () => choose.layer(element('layer').value));
    element('feature').addEventListener('change', () => {
      const number = element('feature');
      if (number.value !== '' && number.checkValidity()) choose.feature(Number(number.value));
    });
    element('controls').addEventListener('submit', (event) => event.preventDefault());
    atlas.theme.bind(element('theme'));
  };

  // Photos: chosen, dropped anywhere, pasted, or the sample. `take` gets a File, or null for it.
  const photos = (described, take) => {
    element('sample').hidden = !described.sample;
    element('sample').textContent = `Sample: ${described.sample}`;
    element('sample').addEventListener('click', () => take(null));
    element('choose').addEventListener('change', () => {
      if (element('choose').files.length) take(element('choose').files[0]);
      // the same file may be chosen again, after it has changed
      element('choose').value = '';
    });
    const dropping = (event, on) => {
      event.preventDefault();
      document.body.classList.toggle('dropping', on);
    };
    document.addEventListener('dragover', (event) => dropping(event, true));
    document.addEventListener('dragleave', (event) =>
      dropping(event, event.relatedTarget !== null),
    );
    document.addEventListener('drop', (event) => {
      dropping(event, false);
      if (event.dataTransfer.files.length) take(event.dataTransfer.files[0]);
    });
    document.addEventListener('paste', (event) => {
      if (event.clipboardData.files.length) take(event.clipboardData.files[0]);
    });
  };

  return {start, photos, press};
})();
