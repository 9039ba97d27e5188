'use strict';
// Keys and what they do, and the list of them that `?` shows.
//
// A table is a list of {keys: ['ArrowLeft'], shown: '←', about: 'the feature before', act()}.
// act returns false where the key had nothing to do, and the browser then does what it always does.
var atlas = globalThis.atlas || {};

atlas.keys = (() => {
  const make = atlas.dom.make;
  const TYPING = 'input:not([type=checkbox]):not([type=radio]), select, textarea';
  let everywhere = [];
  let here = [];
  let isWaiting = false;
  const queue = [];

  const find = (key) => [...here, ...everywhere].find((entry) => entry.keys.includes(key));

  addEventListener('keydown', (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    // a dialog and a field have keys of their own
    if (document.querySelector('dialog[open]')) return;
    if (event.target.matches?.(TYPING)) return;
    const entry = find(event.key);
    if (isWaiting) {
      // Only the page that comes knows whether the key is one of its own. One that is held down
      // does not go on after it is let go.
      if (!event.repeat || !queue.length) queue.push(event.key);
      if (entry) event.preventDefault();
    } else if (entry && entry.act() !== false) event.preventDefault();
  });

  // While another page is on its way keys wait for it: each is meant for the page that the ones
  // before it lead to.
  const wait = () => {
    isWaiting = true;
  };
  const goOn = () => {
    isWaiting = false;
    while (queue.length && !isWaiting) find(queue.shift())?.act();
  };

  // The keys of all pages, and those of this one.
  const bindEverywhere = (table) => {
    everywhere = table;
  };
  const bind = (table) => {
    here = table;
  };

  // Shows the list in a dialog.
  const help = () => {
    const rows = [...here, ...everywhere].map((entry) =>
      make(
        'tr',
        {},
        make('td', {}, make('kbd', {text: entry.shown})),
        make('td', {text: entry.about}),
      ),
    );
    const dialog = make(
      'dialog',
      {class: 'help', 'aria-labelledby': 'help-title'},
      make('h2', {id: 'help-title', text: 'Keys'}),
      make('table', {}, make('tbody', {}, rows)),
      make('form', {method: 'dialog'}, make('button', {text: 'Close'})),
    );
    dialog.addEventListener('close', () => dialog.remove());
    document.body.append(dialog);
    dialog.showModal();
  };

  return {bind, bindEverywhere, wait, goOn, help};
})();
