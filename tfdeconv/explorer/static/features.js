'use strict';
// A layer's features as thumbnails of their maps, strongest first. Sheets come as they are needed.
var explorer = globalThis.explorer || {};

explorer.features = (() => {
  const {make, spoken} = atlas.dom;
  const SHOWN = 72; // pixels of a thumbnail's longer side on the page
  const SMALL = 24; // of a vector's, which has one cell
  const list = () => document.getElementById('features-list');
  const more = () => document.getElementById('more');
  let layer = null; // what /maps said, with `question`
  let sheets = 0; // that are shown
  let addresses = []; // of their pictures, to be let go

  const button = (place, choose) => {
    const [height, width] = layer.tile;
    const scale = (isVector() ? SMALL : SHOWN) / Math.max(height, width);
    const within = place % layer.per_sheet;
    const tile = make('span', {
      class: 'tile projection thumbnail',
      style: {
        width: `${width * scale}px`,
        height: `${height * scale}px`,
        'background-size': `${layer.columns * width * scale}px auto`,
        'background-position':
          `${-(within % layer.columns) * width * scale}px ` +
          `${-Math.floor(within / layer.columns) * height * scale}px`,
      },
    });
    const feature = layer.features[place];
    const value = layer.strongest[place];
    return make(
      'li',
      {},
      make(
        'button',
        {
          type: 'button',
          class: 'feature',
          tabindex: place ? '-1' : '0',
          'aria-pressed': 'false',
          data: {feature: String(feature)},
          on: {click: () => choose(feature)},
        },
        tile,
        make('span', {class: 'feature-number'}, spoken(`${layer.noun} `), String(feature)),
        make('span', {class: 'muted'}, spoken(', fires '), value),
        layer.names[place] ? make('span', {class: 'name', text: layer.names[place]}) : null,
      ),
    );
  };

  // Shows the features of one more sheet, whose picture comes when it is there.
  const addSheet = async (choose) => {
    const mine = layer;
    const first = sheets * mine.per_sheet;
    const end = Math.min(first + mine.per_sheet, mine.features.length);
    const buttons = [];
    for (let place = first; place < end; place += 1) buttons.push(button(place, choose));
    list().append(...buttons);
    const left = mine.features.length - end;
    more().hidden = left === 0;
    more().textContent = `Show ${Math.min(left, mine.per_sheet)} more of ${left}`;
    const question = {...mine.question, sheet: sheets};
    sheets += 1;
    const response = await explorer.requests.ask('sheet', question);
    const picture = await response.blob();
    if (mine !== layer) return;
    const address = URL.createObjectURL(picture);
    addresses.push(address);
    for (const each of buttons) {
      each.querySelector('.tile').style.backgroundImage = `url("${address}")`;
    }
  };

  const isVector = () => layer.map.join() === '1,1';

  const about = () => {
    const dead = layer.dead ? `; ${layer.dead} fire nowhere in this photo` : '';
    const scale = isVector() ? 'Grey is zero' : 'Each map has its own scale: grey is zero';
    return `${layer.features.length}, strongest first${dead}. ${scale}.`;
  };

  // Shows another layer's, or those of another photo.
  const show = (described, choose) => {
    layer = described;
    sheets = 0;
    addresses.forEach((address) => URL.revokeObjectURL(address));
    addresses = [];
    list().replaceChildren();
    more().onclick = () =>
      addSheet(choose).catch((problem) => atlas.errors.show(atlas.errors.message(problem)));
    document.getElementById('features-about').textContent = about();
    return addSheet(choose);
  };

  // Marks the feature that is looked at.
  const mark = (feature) => {
    for (const each of list().querySelectorAll('[aria-pressed="true"]')) {
      each.setAttribute('aria-pressed', 'false');
    }
    const chosen = list().querySelector(`[data-feature="${feature}"]`);
    if (!chosen) return;
    chosen.setAttribute('aria-pressed', 'true');
    rove(chosen);
  };

  // One stop of the Tab key for all of them: arrows go from one to the next.
  const rove = (button) => {
    for (const each of list().querySelectorAll('[tabindex="0"]')) each.tabIndex = -1;
    button.tabIndex = 0;
  };

  const perRow = (buttons) => {
    const top = buttons[0].offsetTop;
    const next = buttons.findIndex((each) => each.offsetTop > top);
    return next < 0 ? buttons.length : next;
  };

  const start = () =>
    list().addEventListener('keydown', (event) => {
      const buttons = [...list().querySelectorAll('button')];
      const place = buttons.indexOf(event.target);
      const row = () => perRow(buttons);
      const steps = {
        ArrowRight: () => 1,
        ArrowLeft: () => -1,
        ArrowDown: row,
        ArrowUp: () => -row(),
        Home: () => -place,
        End: () => buttons.length - 1 - place,
      };
      if (place < 0 || !steps[event.key]) return;
      event.preventDefault();
      const next = buttons[place + steps[event.key]()];
      if (!next) return;
      rove(next);
      next.focus();
    });

  return {start, show, mark};
})();
