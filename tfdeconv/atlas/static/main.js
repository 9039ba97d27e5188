'use strict';
// From the address to the page: what loads it, shows it, and gives it title, keys and focus.
var atlas = globalThis.atlas || {};

atlas.main = (() => {
  const {make} = atlas.dom;
  const {addresses} = atlas;

  const main = document.getElementById('main');
  const scrolls = new Map(); // how far down each page was, by its address
  let shown = {address: null, page: null, hash: ''};
  let turn = 0;

  const PAGES = {
    network: atlas.networkPage,
    layer: atlas.layerPage,
    feature: atlas.featurePage,
  };

  // A page that says why there is none.
  const noPage = (heading, line) => ({
    title: heading,
    content: [
      make('h1', {tabindex: '-1', text: heading}),
      make('p', {text: line}),
      make('p', {}, make('a', {href: addresses.network(), text: 'All layers of this atlas'})),
    ],
    keys: [],
  });

  const crumbs = (address) => {
    const {title} = atlas.store.atlas();
    const entries = [[title, addresses.network()]];
    if (address.layer) {
      entries.push([address.layer.name, addresses.layer(address.layer.name, address.state)]);
    }
    if (address.page === 'feature') entries.push([String(address.feature), location.hash]);
    const last = entries.length - 1;
    const items = entries.map(([text, href], i) =>
      make(
        'li',
        {},
        make('a', {
          href,
          text,
          'aria-current': i === last && address.page !== 'unknown' ? 'page' : null,
        }),
      ),
    );
    document.getElementById('crumbs').replaceChildren(...items);
  };

  // Where the focus goes on a new page: where the page wants it, or to its heading.
  const place = (page, hash, isFirst) => {
    const before = scrolls.get(hash);
    scrollTo(0, before || 0);
    if (isFirst) return;
    if (page.focus && page.focus(shown.address)) return;
    main.querySelector('h1')?.focus({preventScroll: true});
  };

  const load = async (address) => {
    try {
      if (address.page === 'unknown') {
        throw new addresses.Unknown(`This atlas has no layer called ${address.text}.`);
      }
      return await PAGES[address.page].open(address, atlas.rules.of(address.state));
    } catch (problem) {
      const isUnknown = problem instanceof addresses.Unknown;
      const heading = isUnknown ? 'There is no such page' : 'This page cannot be shown';
      return noPage(heading, atlas.errors.message(problem));
    }
  };

  const put = (page, address, hash) => {
    shown.page?.leave?.();
    main.className = address.page;
    main.replaceChildren(...page.content.filter(Boolean));
    atlas.lazy.forget();
    const {title} = atlas.store.atlas();
    document.title = page.title ? `${page.title} \u2013 ${title}` : title;
    crumbs(address);
    atlas.keys.bind(page.keys);
    page.enter?.();
    place(page, hash, shown.address === null);
    shown = {address, page, hash};
  };

  const render = async () => {
    const mine = (turn += 1);
    const {hash} = location;
    const address = addresses.parse(hash);
    atlas.errors.show('');
    atlas.keys.wait();
    main.setAttribute('aria-busy', 'true');
    const page = await load(address);
    // somebody went on while this page was loading
    if (mine !== turn) return;
    main.removeAttribute('aria-busy');
    try {
      put(page, address, hash);
    } finally {
      atlas.keys.goOn();
    }
  };

  const go = (href) => {
    const before = location.hash;
    location.hash = href;
    // the browser tells of it later
    if (location.hash !== before) atlas.keys.wait();
  };

  // Changes what an address says after `?`, without a new page in the browser's history.
  const restate = (href) => {
    history.replaceState(history.state, '', href);
    shown.hash = location.hash;
    shown.address = addresses.parse(location.hash);
    crumbs(shown.address);
  };

  const up = () => {
    const {address} = shown;
    if (address.page === 'network') return false;
    go(
      address.page === 'feature'
        ? addresses.layer(address.layer.name, address.state)
        : addresses.network(),
    );
    return true;
  };

  const start = () => {
    atlas.theme.bind(document.getElementById('theme'));
    const data = atlas.store.atlas();
    if (!data) {
      atlas.errors.show(
        'data/atlas.js is not there: this folder is not an atlas. ' +
          'scripts/atlas.py makes one of a run.',
      );
      return;
    }
    if (data.version !== 1) {
      atlas.errors.show(`This atlas is of version ${data.version}, and this page reads version 1.`);
      return;
    }
    const search = atlas.search.bind(document.getElementById('search'), go);
    document.getElementById('keys').addEventListener('click', atlas.keys.help);
    document.getElementById('skip').addEventListener('click', (event) => {
      // the hash is the address of a page
      event.preventDefault();
      main.focus();
    });
    document.getElementById('colophon').append(
      make('p', {
        class: 'muted small',
        text: `Made by ${data.program} of ${data.run}.`,
      }),
    );
    atlas.keys.bindEverywhere([
      {keys: ['/'], shown: '/', about: 'search a layer, or layer/feature', act: search.focus},
      {
        keys: ['Escape'],
        shown: 'Esc',
        about: 'up: from a feature to its layer, from there to the network',
        act: up,
      },
      {keys: ['?'], shown: '?', about: 'these keys', act: atlas.keys.help},
    ]);
    history.scrollRestoration = 'manual';
    addEventListener(
      'scroll',
      () => {
        if (!main.hasAttribute('aria-busy')) scrolls.set(shown.hash, scrollY);
      },
      {passive: true},
    );
    addEventListener('hashchange', render);
    render();
  };

  // after all other files: pages are made when they are first shown
  addEventListener('DOMContentLoaded', start);
  return {go, restate};
})();
