'use strict';
// Pictures that are loaded when they come near the window.
var atlas = globalThis.atlas || {};

atlas.lazy = (() => {
  const NEAR = '400px';
  const waiting = new Map();
  const wanted = new WeakMap();

  const load = (element) => {
    element.style.backgroundImage = `url("${waiting.get(element)}")`;
    waiting.delete(element);
    observer.unobserve(element);
  };

  const observer = new IntersectionObserver(
    (entries) => {
      for (const entry of entries) {
        if (entry.isIntersecting && waiting.has(entry.target)) load(entry.target);
      }
    },
    {rootMargin: NEAR},
  );

  // Gives an element a picture when it comes near. url: of store, which makes it of numbers.
  const picture = (element, url) => {
    waiting.set(element, url);
    observer.observe(element);
    return element;
  };

  // Gives it another picture, once that is there: the old one stays until then, nothing flashes.
  const exchange = (element, url) => {
    if (waiting.has(element)) {
      waiting.set(element, url);
      return;
    }
    const image = new Image();
    wanted.set(element, image);
    const show = () => {
      // somebody may have asked for yet another one
      if (wanted.get(element) === image) element.style.backgroundImage = `url("${url}")`;
    };
    image.src = url;
    image.decode().then(show, show);
  };

  // what left the page before it was seen is forgotten
  const forget = () => {
    for (const element of waiting.keys()) {
      if (element.isConnected) continue;
      waiting.delete(element);
      observer.unobserve(element);
    }
  };

  // paper has no window to come near
  addEventListener('beforeprint', () => {
    for (const element of [...waiting.keys()]) load(element);
  });

  return {picture, exchange, forget};
})();
