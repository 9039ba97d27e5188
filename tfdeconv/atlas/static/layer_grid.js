'use strict';
// A grid of many cells of which only those near the window exist, so that thousands scroll.
//
// One cell is in the tab order; arrow keys go on from there. The cell that has the focus, or would
// get it, always exists: a key press must not lose its place.
var atlas = globalThis.atlas || {};

atlas.layerGrid = (() => {
  const {make, spoken} = atlas.dom;
  const NEAR = 600; // pixels over and under the window in which cells exist
  const GAP = 12;

  // cell: {width, height} in pixels; draw(item) -> what stands in its link; href(item);
  // label(item): what is read aloud in place of it; point(item): is called when a cell is pointed
  // at or gets the focus
  const create = ({cell, draw, href, label, point, name}) => {
    const list = make('ul', {class: 'grid', role: 'list', 'aria-label': name});
    const cells = new Map(); // by place in `items`
    let items = [];
    let columns = 1;
    let between = GAP; // columns: what is left of the width is shared out
    let active = 0;

    const rowHeight = cell.height + GAP;

    const build = (place) => {
      const item = items[place];
      const link = make(
        'a',
        {
          class: 'cell',
          href: href(item),
          tabindex: place === active ? '0' : '-1',
          on: {
            focus: () => {
              setActive(place);
              point(item);
            },
            pointerenter: (event) => {
              if (event.pointerType !== 'touch') point(item);
            },
          },
        },
        spoken(label(item)),
        draw(item),
      );
      return make(
        'li',
        {
          'aria-setsize': items.length,
          'aria-posinset': place + 1,
          style: {width: `${cell.width}px`, height: `${cell.height}px`},
        },
        link,
      );
    };

    const position = (element, place) => {
      const left = (place % columns) * (cell.width + between);
      const top = Math.floor(place / columns) * rowHeight;
      element.style.transform = `translate(${left}px, ${top}px)`;
    };

    const setActive = (place) => {
      const link = (at) => cells.get(at)?.firstChild;
      link(active)?.setAttribute('tabindex', '-1');
      active = place;
      link(active)?.setAttribute('tabindex', '0');
    };

    // the places that should exist now, ascending
    const wanted = (all) => {
      const places = new Set(items.length ? [active] : []);
      const top = list.getBoundingClientRect().top;
      const first = all ? 0 : Math.floor((-NEAR - top) / rowHeight) * columns;
      const last = all ? items.length : Math.ceil((innerHeight + NEAR - top) / rowHeight) * columns;
      for (let i = Math.max(0, first); i < Math.min(items.length, last); i += 1) places.add(i);
      return [...places].sort((one, other) => one - other);
    };

    // Makes what is missing and drops what is far. Cells that stay are not touched, and stand in
    // the list in their order, which is that of reading.
    const update = (all = false) => {
      const places = wanted(all);
      const keep = new Set(places);
      for (const [place, element] of cells) {
        if (keep.has(place)) continue;
        element.remove();
        cells.delete(place);
      }
      let next = null;
      for (const place of places.reverse()) {
        if (!cells.has(place)) {
          const element = build(place);
          position(element, place);
          cells.set(place, element);
          list.insertBefore(element, next);
        }
        next = cells.get(place);
      }
    };

    const layOut = () => {
      columns = Math.max(1, Math.floor((list.clientWidth + GAP) / (cell.width + GAP)));
      const rest = list.clientWidth - columns * cell.width;
      between = columns > 1 ? Math.max(GAP, Math.floor(rest / (columns - 1))) : GAP;
      list.style.height = `${Math.max(0, Math.ceil(items.length / columns) * rowHeight - GAP)}px`;
      for (const [place, element] of cells) position(element, place);
      update();
    };

    // Shows other items, or the same in another order.
    const show = (shown) => {
      items = shown;
      active = 0;
      cells.clear();
      list.replaceChildren();
      layOut();
    };

    const focus = (place) => {
      setActive(place);
      update();
      const element = cells.get(place);
      element.scrollIntoView({block: 'nearest'});
      element.firstChild.focus({preventScroll: true});
    };

    // Goes `across` cells or `down` rows from the active one, if there is one.
    const move = (across, down) => {
      const place = active + across + down * columns;
      if (place < 0 || place >= items.length) return;
      focus(place);
    };

    // the first place whose whole cell is in the window
    const firstVisible = () => {
      const row = Math.ceil(-list.getBoundingClientRect().top / rowHeight);
      return Math.min(items.length - 1, Math.max(0, row) * columns);
    };

    let asked = 0;
    const soon = () => {
      asked ||= requestAnimationFrame(() => {
        asked = 0;
        update();
      });
    };
    const everything = () => update(true);
    // in the next frame: the layout changes the size that is observed
    const observer = new ResizeObserver(() => requestAnimationFrame(layOut));

    const start = () => {
      addEventListener('scroll', soon, {passive: true});
      addEventListener('beforeprint', everything);
      observer.observe(list);
    };
    const stop = () => {
      removeEventListener('scroll', soon);
      removeEventListener('beforeprint', everything);
      observer.disconnect();
    };

    const has = (element) => list.contains(element);
    const indexOf = (item) => items.indexOf(item);

    return {
      list,
      show,
      focus,
      move,
      start,
      stop,
      has,
      indexOf,
      firstVisible,
      size: () => items.length,
    };
  };

  return {create};
})();
