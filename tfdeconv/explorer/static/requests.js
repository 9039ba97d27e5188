'use strict';
// Questions to the server. Of each kind one is under way, and of those that wait the newest: what a
// hand that drags has passed by is never asked.
var explorer = globalThis.explorer || {};

explorer.requests = (() => {
  const lanes = new Map();
  const SUPERSEDED = 409;
  let underWay = 0;

  const failure = async (response) => {
    try {
      return new Error((await response.json()).error);
    } catch {
      return new Error(`the explorer answered with status ${response.status}`);
    }
  };

  // A request: the response, or null where a newer one has taken its place.
  const send = async (address, options) => {
    underWay += 1;
    try {
      const response = await fetch(address, options).catch(() => {
        throw new Error(
          'the explorer does not answer: start it again, and open the address that it prints',
        );
      });
      if (response.status === SUPERSEDED) return null;
      if (!response.ok) throw await failure(response);
      return response;
    } finally {
      underWay -= 1;
    }
  };

  const post = (address, body) => send(address, {method: 'POST', body});

  const next = async (address, lane) => {
    if (lane.running || !lane.waiting) return;
    const {question, resolve, reject} = lane.waiting;
    lane.waiting = null;
    lane.running = true;
    try {
      resolve(await post(address, JSON.stringify(question)));
    } catch (problem) {
      reject(problem);
    }
    lane.running = false;
    next(address, lane);
  };

  // The answer to the newest question of an address; null for those before it.
  const newest = (address, question) =>
    new Promise((resolve, reject) => {
      if (!lanes.has(address)) lanes.set(address, {running: false, waiting: null});
      const lane = lanes.get(address);
      if (lane.waiting) lane.waiting.resolve(null);
      lane.waiting = {question, resolve, reject};
      next(address, lane);
    });

  // The answer to every question.
  const ask = (address, question) => post(address, JSON.stringify(question));

  const get = async (address) => (await send(address)).json();

  // What a picture shows, besides its pixels.
  const facts = (response) => JSON.parse(response.headers.get('Facts'));

  const picture = async (response) => createImageBitmap(await response.blob());

  return {post, newest, ask, get, facts, picture, busy: () => underWay > 0};
})();
