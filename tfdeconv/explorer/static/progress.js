'use strict';
// Says what the server does while it takes more than a moment, as when it compiles a layer's graph.
var explorer = globalThis.explorer || {};

explorer.progress = (() => {
  const EVERY = 300; // milliseconds
  let shown = '';

  const show = (text) => {
    // the same again would be read out again
    if (text === shown) return;
    shown = text;
    document.getElementById('doing').textContent = text;
  };

  const look = async () => {
    if (!explorer.requests.busy()) {
      show('');
      return;
    }
    try {
      const response = await fetch('progress');
      if (response.ok) show((await response.json()).doing);
    } catch {
      // whoever waits for an answer says that there is none
      show('');
    }
  };

  const start = () => setInterval(look, EVERY);

  return {start};
})();
