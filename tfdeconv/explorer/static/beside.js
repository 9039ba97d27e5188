'use strict';
// What stands beside the pictures: the likeliest classes, and a feature's strongest images in a
// run.
var explorer = globalThis.explorer || {};

explorer.beside = (() => {
  const {make} = atlas.dom;
  const PATIENCE = 350; // milliseconds that a feature is looked at before its nine are drawn
  const element = (id) => document.getElementById(id);
  let timer = 0;
  let meant = null; // of which feature they are to be shown
  let waiting = null; // the same, until it is asked
  let address = '';

  // Asks for the likeliest classes of a photo; `choose` is called with a layer and a class.
  const classes = async (photo, choose) => {
    const response = await explorer.requests.newest('classes', {photo});
    if (!response) return;
    const {layer, classes: rows} = await response.json();
    element('classes').hidden = rows.length === 0;
    element('classes-list').replaceChildren(
      ...rows.map((row) =>
        make(
          'li',
          {},
          make(
            'button',
            {type: 'button', class: 'likely', on: {click: () => choose(layer, row.class)}},
            make('span', {
              class: 'share',
              'aria-hidden': 'true',
              style: {width: `${100 * row.share}%`},
            }),
            make('span', {class: 'name', text: row.name}),
            make('span', {class: 'muted', text: row.probability}),
          ),
        ),
      ),
    );
  };

  const line = ({image, activation, word}) =>
    make('li', {}, `${image} `, make('span', {class: 'muted', text: word || activation}));

  const drawNine = async (question) => {
    const response = await explorer.requests.newest('nine', question);
    if (!response) return;
    const facts = explorer.requests.facts(response);
    const drawn = await response.blob();
    if (question !== meant) return;
    URL.revokeObjectURL(address);
    address = URL.createObjectURL(drawn);
    const picture = element('nine-picture');
    picture.src = address;
    picture.alt =
      `What came down from feature ${facts.feature} in its ${facts.images.length} ` +
      'strongest images, and these images at the same places';
    picture.hidden = false;
    element('nine-images').replaceChildren(...facts.images.map(line));
    element('nine').removeAttribute('aria-busy');
    if (facts.warnings.length) atlas.errors.show(facts.warnings[0]);
  };

  // Shows a feature's strongest images once it is looked at; null: there are none of this layer.
  const nine = (question) => {
    element('nine').hidden = question === null;
    // what is there is another feature's, or another rule's
    if (question !== null) element('nine').setAttribute('aria-busy', 'true');
    meant = question;
    waiting = question;
    postpone();
  };

  // What a hand asks for meanwhile comes first.
  const postpone = () => {
    clearTimeout(timer);
    if (waiting === null) return;
    const drawn = () => {
      const question = waiting;
      waiting = null;
      return drawNine(question).catch((problem) => {
        if (question !== meant) return;
        element('nine-picture').hidden = true;
        element('nine-images').replaceChildren();
        element('nine').removeAttribute('aria-busy');
        atlas.errors.show(atlas.errors.message(problem));
      });
    };
    timer = setTimeout(drawn, PATIENCE);
  };

  return {classes, nine, postpone};
})();
