'use strict';
// What goes wrong is a line on the page: who opens a folder does not look into a console.
var atlas = globalThis.atlas || {};

atlas.errors = (() => {
  // Shows a line in the page's element #error, which is an alert; '' takes it away.
  const show = (line) => {
    const element = document.getElementById('error');
    element.textContent = line;
    element.hidden = !line;
  };

  const message = (problem) => (problem instanceof Error ? problem.message : String(problem));

  addEventListener('error', (event) => {
    // an image or script that is not there has no message: who asked for it says so
    if (event.message) show(`Something went wrong in this page: ${event.message}`);
  });
  addEventListener('unhandledrejection', (event) => show(message(event.reason)));

  return {show, message};
})();
