'use strict';
// What of a page depends on the rule, and is turned to another one in its place: nothing else is
// drawn again, so neither the focus nor the place on the page is lost.
var atlas = globalThis.atlas || {};

atlas.rules = (() => {
  const followers = new WeakMap();

  // change(rule) will be called when the rule of the page changes.
  const follow = (element, change) => {
    element.dataset.follows = 'rule';
    followers.set(element, change);
    return element;
  };

  // Turns what is below an element to a rule, and its links to pages of that rule.
  const turn = (root, rule) => {
    for (const element of root.querySelectorAll('[data-follows]')) followers.get(element)(rule);
    for (const link of root.querySelectorAll('a[href^="#"]')) {
      link.setAttribute(
        'href',
        atlas.addresses.withRule(link.getAttribute('href'), inAddress(rule)),
      );
    }
  };

  const all = () => atlas.store.atlas().rules;

  // the first rule is what an address means that names none
  const inAddress = (rule) => (rule === all()[0] ? '' : rule);
  const of = (state) => (all().includes(state.rule) ? state.rule : all()[0]);
  const after = (rule) => all()[(all().indexOf(rule) + 1) % all().length];

  return {follow, turn, of, inAddress, after, all};
})();
