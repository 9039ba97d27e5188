'use strict';
// What is looked at, and what happens when that changes.
var explorer = globalThis.explorer || {};

(() => {
  const {state, requests, pictures, shown, picking, features, beside, controls} = explorer;
  const element = (id) => document.getElementById(id);
  const LARGEST = 1 << 27; // bytes of a photo: the server reads no more

  const question = () => ({
    photo: state.photo,
    layer: state.layer,
    rule: state.rule,
    feature: state.feature,
  });

  // Whether what was asked about is what is looked at.
  const isStill = ({photo, layer, feature}) =>
    photo === state.photo && layer === state.layer && feature === state.feature && state.maps;

  // The unit that is meant; of a whole map none.
  const meant = () => (state.mode === 'max' ? state.chosen : null);

  const trouble = (problem) => atlas.errors.show(atlas.errors.message(problem));

  // Runs what a person asked for, and shows what went wrong with it.
  const attempt =
    (action) =>
    (...values) => {
      atlas.errors.show('');
      return Promise.resolve(action(...values)).catch(trouble);
    };

  // Sends the unit down, or the map.
  const project = async () => {
    // another layer is on its way
    if (!state.maps) return;
    state.at = meant() || state.at;
    if (state.map) pictures.map(state);
    const asked = {...question(), mode: state.mode, at: meant()};
    const response = await requests.newest('projection', asked);
    if (!response) return;
    const facts = requests.facts(response);
    const picture = await requests.picture(response);
    if (!isStill(asked)) return;
    state.signal = {facts, picture};
    if (asked.at === null) state.at = facts.at;
    const {centres} = state.maps;
    state.centre = facts.at && [centres[0][facts.at[0]], centres[1][facts.at[1]]];
    shown.unit();
    shown.draw();
  };

  // A click: the unit there, whatever was projected before.
  const pick = (at) => {
    const [row, column] = state.at || [-1, -1];
    if (state.mode === 'max' && row === at[0] && column === at[1]) return;
    state.mode = 'max';
    controls.press('mode', 'max');
    beside.postpone();
    state.chosen = at;
    attempt(project)();
  };

  const showMap = async () => {
    const asked = question();
    const response = await requests.newest('map', asked);
    if (!response) return;
    const values = new Float32Array(await response.arrayBuffer());
    if (!isStill(asked)) return;
    const size = response.headers.get('Map').split(' ').map(Number);
    state.map = {size, values};
    element('map-size').textContent = size.join(' x ');
    pictures.map(state);
  };

  // The feature's strongest images, where the run has the layer.
  const showNine = () => {
    const {layer: name, rule, feature} = state;
    const layer = state.described.layers.find((each) => each.name === name);
    beside.nine(layer.run ? {layer: name, rule, feature} : null);
  };

  // Looks at another feature of the layer: its strongest unit first.
  const chooseFeature = async (feature) => {
    if (!state.maps) return;
    state.feature = feature;
    state.chosen = null;
    state.at = null;
    element('feature').value = String(feature);
    features.mark(feature);
    showNine();
    await Promise.all([showMap(), project()]);
  };

  // Looks at another layer, or at the same one of another photo. feature: null for the strongest.
  const chooseLayer = async (name, feature = null) => {
    Object.assign(state, {layer: name, maps: null, map: null});
    element('layer').value = name;
    const {photo, rule} = state;
    const asked = {photo, layer: name, rule};
    const response = await requests.newest('maps', asked);
    if (!response) return;
    const maps = await response.json();
    if (name !== state.layer || photo !== state.photo) return;
    state.maps = {...maps, question: asked};
    shown.layer();
    const sheets = features.show(state.maps, attempt(chooseFeature));
    await Promise.all([sheets, chooseFeature(feature === null ? maps.features[0] : feature)]);
  };

  // Takes a photo: a File, or null for the sample.
  const takePhoto = async (file) => {
    if (file && file.size > LARGEST) {
      const [found, most] = [Math.ceil(file.size / 1e6), Math.floor(LARGEST / 1e6)];
      throw new Error(
        `${file.name} has ${found} MB, expected at most ${most}: scale it down first`,
      );
    }
    const address = file ? `photo?name=${encodeURIComponent(file.name)}` : 'sample';
    const response = await requests.post(address, file || '');
    if (!response) return;
    const told = await response.json();
    const seen = await requests.newest('seen', {photo: told.photo});
    if (!seen) return;
    const picture = await requests.picture(seen);
    const {photo, size} = told;
    const nothing = {maps: null, map: null, signal: null, at: null, centre: null};
    Object.assign(state, {photo, size, picture, ...nothing});
    element('empty').hidden = true;
    element('explored').hidden = false;
    element('choose-text').textContent = 'Another photo';
    element('notes').textContent = told.notes.join('; ');
    shown.draw();
    await chooseLayer(state.layer);
    if (told.classes && photo === state.photo) await beside.classes(told.photo, attempt(chooseLayer));
  };

  const onKey = (event) => {
    if (!state.at || !state.map) return;
    const moved = picking.moved(state.at, event.key, state.map.size);
    if (moved) pick(moved);
    else if (event.key === 'Enter') attempt(project)();
    else if (event.key === 'Home') strongest();
    else return;
    event.preventDefault();
  };

  const strongest = () => {
    state.mode = 'max';
    controls.press('mode', 'max');
    state.chosen = null;
    attempt(project)();
  };

  // Hands the server's file on to the browser, under its own name.
  const save = async (format) => {
    const asked = {...question(), mode: state.mode, at: meant(), format};
    const response = await requests.ask('save', asked);
    const address = URL.createObjectURL(await response.blob());
    const link = atlas.dom.make('a', {
      href: address,
      download: decodeURIComponent(response.headers.get('File-Name')),
    });
    link.click();
    setTimeout(() => URL.revokeObjectURL(address), 60000);
  };

  const choose = {
    layer: attempt(chooseLayer),
    feature: attempt(chooseFeature),
    rule: attempt(async (rule) => {
      state.rule = rule;
      showNine();
      await project();
    }),
    mode: attempt(async (mode) => {
      state.mode = mode;
      await project();
    }),
    view: (view) => {
      state.view = view;
      shown.draw();
    },
  };

  const start = async () => {
    // the token is in a cookie now: a copied address gives it to nobody
    history.replaceState(null, '', '/');
    state.described = await requests.get('network');
    state.layer = state.described.layer;
    controls.start(state.described, state, choose);
    controls.photos(state.described, attempt(takePhoto));
    features.start();
    explorer.progress.start();
    picking.follow(element('photo'), (place) => {
      if (state.maps) pick(picking.onPhoto(place, state.size, state.maps.centres));
    });
    picking.follow(element('map'), (place) => {
      if (state.map) pick(picking.onMap(place, state.map.size));
    });
    for (const id of ['photo', 'map']) element(id).addEventListener('keydown', onKey);
    element('strongest').addEventListener('click', strongest);
    element('save-png').addEventListener('click', () => attempt(save)('png'));
    element('save-npz').addEventListener('click', () => attempt(save)('npz'));
  };

  start().catch(trouble);
})();
