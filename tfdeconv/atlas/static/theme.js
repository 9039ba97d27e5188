'use strict';
// Light or dark: as the system has it, until somebody chooses. The choice is remembered where the
// browser allows it.
var atlas = globalThis.atlas || {};

atlas.theme = (() => {
  const KEY = 'tfdeconv-theme';
  const CHOICES = ['system', 'light', 'dark'];

  // a browser may refuse to store anything for pages from a disk
  const remembered = () => {
    try {
      return localStorage.getItem(KEY);
    } catch {
      return null;
    }
  };

  const remember = (choice) => {
    try {
      localStorage.setItem(KEY, choice);
    } catch {
      // then it holds until the page is closed
    }
  };

  let chosen = CHOICES.includes(remembered()) ? remembered() : 'system';

  const apply = () => {
    document.documentElement.dataset.theme = chosen;
  };

  // Makes a button go through the choices.
  const bind = (button) => {
    const label = () => {
      button.textContent = {system: 'Auto', light: 'Light', dark: 'Dark'}[chosen];
      button.setAttribute('aria-label', `Colours: ${button.textContent}`);
      button.title = 'Light, dark, or as the system has it';
    };
    button.addEventListener('click', () => {
      chosen = CHOICES[(CHOICES.indexOf(chosen) + 1) % CHOICES.length];
      remember(chosen);
      apply();
      label();
    });
    label();
  };

  // at once, before anything is drawn: the page must not flash
  apply();
  return {bind};
})();
