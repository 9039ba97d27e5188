'use strict';
// What is looked at.
var explorer = globalThis.explorer || {};

explorer.state = {
  described: null, // what /network said
  photo: null,
  size: null,
  picture: null,
  layer: '',
  maps: null, // what /maps said of the layer
  feature: 0,
  rule: 'deconvnet',
  mode: 'max',
  view: 'beside',
  chosen: null, // row and column that were picked; null for the strongest unit
  at: null, // of the unit that is shown
  map: null,
  signal: null,
  centre: null,
};
