'use strict';
// Elements made of data. Nothing here reads HTML: a text is always a text.
var atlas = globalThis.atlas || {};

atlas.dom = (() => {
  const SVG = 'http://www.w3.org/2000/svg';

  // What a description holds beside attributes.
  const special = {
    text: (element, value) => {
      element.textContent = value;
    },
    // style by CSSOM: the page's policy forbids style attributes
    style: (element, styles) => {
      for (const [name, value] of Object.entries(styles)) element.style.setProperty(name, value);
    },
    on: (element, listeners) => {
      for (const [type, listener] of Object.entries(listeners)) {
        element.addEventListener(type, listener);
      }
    },
    data: (element, entries) => Object.assign(element.dataset, entries),
  };

  const fill = (element, description, children) => {
    for (const [name, value] of Object.entries(description)) {
      if (value === null || value === undefined || value === false) continue;
      if (name in special) special[name](element, value);
      else element.setAttribute(name, value === true ? '' : value);
    }
    element.append(
      ...children.flat(Infinity).filter((child) => child !== null && child !== undefined),
    );
    return element;
  };

  // make('a', {class: 'name', href: '#conv1', text: 'conv1'}, child, [children], null)
  const make = (tag, description = {}, ...children) =>
    fill(document.createElement(tag), description, children);

  // the same for an SVG's elements
  const draw = (tag, description = {}, ...children) =>
    fill(document.createElementNS(SVG, tag), description, children);

  // a text for those who hear the page
  const spoken = (text) => make('span', {class: 'spoken', text});

  return {make, draw, spoken};
})();
