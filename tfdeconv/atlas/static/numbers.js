'use strict';
// Numbers as they are written: 25,160 features, an activation of 25160 or 12.3, and 4.1 %.
var atlas = globalThis.atlas || {};

atlas.numbers = (() => {
  const THIN = '\u202f'; // a narrow space that no line breaks at
  const UNKNOWN = '\u2013';
  const whole = new Intl.NumberFormat('en', {maximumFractionDigits: 0});

  const isKnown = (value) => typeof value === 'number' && Number.isFinite(value);

  // how many: 25,160
  const count = (value) => (isKnown(value) ? whole.format(value) : UNKNOWN);

  // a magnitude, in so many digits: 25160 as in pictures, 12.3, 0.00412, 1.2e-7
  const magnitude = (value, digits = 3) => {
    if (!isKnown(value)) return UNKNOWN;
    const size = Math.abs(value);
    if (size === 0) return '0';
    if (size < 1e-4 || size >= 1e7) return minus(value.toExponential(digits - 1));
    if (size >= 10 ** digits) return minus(String(Math.round(value)));
    return minus(String(Number(value.toPrecision(digits))));
  };

  const minus = (text) => text.replace(/-/g, '\u2212');

  // of one: 43 %, 4.1 %, 0.03 %
  const share = (value) => {
    if (!isKnown(value)) return UNKNOWN;
    const percent = 100 * value;
    const digits = Math.abs(percent) >= 9.95 ? Math.max(2, String(Math.round(percent)).length) : 2;
    return `${magnitude(percent, digits)}${THIN}%`;
  };

  // height and width, as shapes are written: 28 × 28
  const size = ([height, width]) => `${count(height)}${THIN}\u00d7${THIN}${count(width)}`;

  // "1 feature", "512 features"
  const things = (value, noun, plural = `${noun}s`) =>
    `${count(value)} ${value === 1 ? noun : plural}`;

  return {count, magnitude, share, size, things, isKnown};
})();
