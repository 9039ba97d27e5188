'use strict';
// What the folder holds, loaded as scripts: a page from a disk may not fetch.
var atlas = globalThis.atlas || {};

atlas.store = (() => {
  const received = new Map();
  const asked = new Map();

  // What each file of data/ calls with what it holds.
  atlas.receive = (key, value) => {
    received.set(key, value);
  };

  const folder = (number) => `data/${String(number).padStart(2, '0')}`;

  // a Pillow without WebP writes PNG
  const picture = (path) => `${path}.${received.get('atlas').suffix || 'webp'}`;

  const load = (key, path) => {
    if (received.has(key)) return Promise.resolve(received.get(key));
    if (asked.has(key)) return asked.get(key);
    const promise = new Promise((resolve, reject) => {
      const script = document.createElement('script');
      script.src = path;
      script.onload = () => {
        if (received.has(key)) resolve(received.get(key));
        else reject(new Error(`${path} holds something else than ${key}: make the atlas again`));
      };
      script.onerror = () =>
        reject(new Error(`${path} is not there, or cannot be read: make the atlas again`));
      document.head.append(script);
    });
    // what failed may be there when it is asked for again
    promise.catch(() => asked.delete(key));
    asked.set(key, promise);
    return promise;
  };

  return {
    atlas: () => received.get('atlas'),
    layer: (number) => load(`layer/${number}`, `${folder(number)}/layer.js`),
    feature: (number, feature) =>
      load(`feature/${number}/${feature}`, `${folder(number)}/${feature}.js`),
    into: (number) => load(`into/${number}`, `${folder(number)}/into.js`),
    thumbnails: (number, series, sheet) => picture(`${folder(number)}/${series}-${sheet}`),
    projections: (number, feature, rule) => picture(`${folder(number)}/${feature}-${rule}`),
    photo: (image) => picture(`photos/${image}`),
  };
})();
