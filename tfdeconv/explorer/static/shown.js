'use strict';
// Shows what is looked at: the pictures, and in words.
var explorer = globalThis.explorer || {};

explorer.shown = (() => {
  const {state, pictures} = explorer;
  const element = (id) => document.getElementById(id);

  const draw = () => {
    const over = state.view === 'over';
    element('projection-figure').hidden = over;
    pictures.photo(state, over);
    pictures.projection(state, state.view === 'close');
    if (state.map) pictures.map(state);
  };

  // A vector has one unit a feature, which stands nowhere.
  const isVector = () => state.maps && state.maps.map.join() === '1,1';

  // What there is to say of a layer before one of its features is chosen.
  const layer = () => {
    element('map-figure').hidden = isVector();
    element('features-title').textContent = state.maps.noun === 'class' ? 'Classes' : 'Features';
    element('feature').max = String(state.maps.features.length - 1);
  };

  // Where a unit stands; nothing of a vector's.
  const place = ({at}) => {
    if (isVector()) return '';
    return at ? `row ${at[0]}, column ${at[1]}` : 'the whole map';
  };

  const value = ({noun, detail, at}) => {
    if (noun === 'class') return detail;
    return at ? `fires ${detail}` : `its strongest unit fires ${detail}`;
  };

  const unit = () => {
    const {facts} = state.signal;
    const name = `${facts.noun} ${facts.title}`;
    const where = place(facts);
    const said = [where, value(facts)].filter(Boolean).join(': ');
    element('unit-title').textContent = `${facts.layer}, ${name}`;
    element('unit').textContent = facts.silent ? `${said}; nothing came down` : said;
    element('scale').textContent = facts.silent ? '' : `\u00b1${facts.scale}`;
    const keys = 'arrow keys move the unit, Enter projects it';
    const came = [`What came down from ${name}`, where].filter(Boolean).join(', ');
    element('projection').setAttribute('aria-label', came);
    element('photo').setAttribute('aria-label', `The photo; ${keys}`);
    element('map').setAttribute('aria-label', `Map of ${name}; ${keys}`);
  };

  return {draw, layer, unit};
})();
