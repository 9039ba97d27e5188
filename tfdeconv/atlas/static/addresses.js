'use strict';
// The address of each page: #, #block4_conv2?sort=strength and #block4_conv2/46?rule=guided.
var atlas = globalThis.atlas || {};

atlas.addresses = (() => {
  // half a character, which a file's name may hold, has no address
  const whole = (name) => (name.toWellFormed ? name.toWellFormed() : name);

  const decoded = (text) => {
    try {
      return decodeURIComponent(text);
    } catch {
      return text; // somebody's own percent sign
    }
  };

  // what is not said, and what is as it is without saying, is left out
  const query = (state) => {
    const kept = Object.entries(state).filter(([, value]) => value);
    return kept.length ? `?${new URLSearchParams(kept)}` : '';
  };

  const network = () => '#';
  const layer = (name, state = {}) => `#${encodeURIComponent(whole(name))}${query(state)}`;
  const feature = (name, number, state = {}) =>
    `#${encodeURIComponent(whole(name))}/${number}${query(state)}`;

  // the address of the same page with another rule
  const withRule = (address, rule) => {
    const [path, said] = address.split('?');
    return path + query({...Object.fromEntries(new URLSearchParams(said)), rule});
  };

  const layerCalled = (name) =>
    atlas.store.atlas().layers.find((entry) => whole(entry.name) === name);

  // Reads a location's hash -> {page, layer, feature, state}, or {page: 'unknown', text}.
  // layer: its entry in atlas.js. Slashes of a name that somebody typed need no escape.
  const parse = (hash) => {
    const [path, ...rest] = hash.replace(/^#/, '').split('?');
    const state = Object.fromEntries(new URLSearchParams(rest.join('?')));
    if (path === '') return {page: 'network', state};
    for (const slash of [path.length, path.indexOf('/'), path.lastIndexOf('/')]) {
      if (slash < 0) continue;
      const found = layerCalled(decoded(path.slice(0, slash)));
      if (!found) continue;
      if (slash === path.length) return {page: 'layer', layer: found, state};
      const number = path.slice(slash + 1);
      if (/^\d{1,9}$/.test(number)) {
        return {page: 'feature', layer: found, feature: Number(number), state};
      }
    }
    return {page: 'unknown', text: decoded(path)};
  };

  // what a page throws whose address names nothing of this atlas
  class Unknown extends Error {}

  return {Unknown, network, layer, feature, withRule, parse};
})();
