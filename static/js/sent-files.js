"use strict";

/* Keeps the files one sends in one's own browser, so that their results can play them: the server
   deletes its copy. Three at most, each for a day. What cannot be kept (no room, a private window,
   no IndexedDB) is just not there, and nothing waits for it longer than LONGEST_MS. */
window.kept = (() => {
  const MOST = 3;
  const LONGEST_MS = 3000;
  const HOUR_MS = 3_600_000;
  const song = location.pathname.match(/\/song\/([\w-]+)\/$/)?.[1];

  const soon = (work) =>
    Promise.race([work, new Promise((resolve) => setTimeout(resolve, LONGEST_MS))]);

  function open(create) {
    return new Promise((resolve, reject) => {
      const request = indexedDB.open("sent-files", 1);
      request.onupgradeneeded = () => {
        if (create) request.result.createObjectStore("files", { keyPath: "token" });
        else request.transaction.abort(); // who never sent anything gets no empty database
      };
      request.onsuccess = () => resolve(request.result);
      request.onerror = (event) => {
        event.preventDefault();
        reject(request.error);
      };
    });
  }

  /* What no result has asked for within an hour never arrived: it was refused, or sending was stopped. */
  function isOver({ at, song }) {
    return Math.abs(Date.now() - at) > (song ? 24 : 1) * HOUR_MS;
  }

  /* One transaction: change(store, files) gets {token, file, at, song} of each file, newest first. */
  async function edit(change, create = false) {
    let database;
    try {
      database = await open(create);
      return await new Promise((resolve, reject) => {
        const transaction = database.transaction("files", "readwrite");
        const store = transaction.objectStore("files");
        let result;
        transaction.oncomplete = () => resolve(result);
        transaction.onabort = () => reject(transaction.error);
        store.getAll().onsuccess = ({ target }) => {
          try {
            const files = target.result.sort((a, b) => b.at - a.at);
            for (const file of files.filter(isOver)) store.delete(file.token);
            result = change(store, files.filter((file) => !isOver(file)));
          } catch {
            transaction.abort(); // some browsers store no files
          }
        };
      });
    } catch {
      return undefined;
    } finally {
      database?.close();
    }
  }

  /* Gives the token under which the file is kept, for the form to carry to the page of its answer.
     Slower than LONGEST_MS, it may still be there in time; else the token leads to nothing. */
  async function put(file) {
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    const token = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
    const add = (store, files) => {
      for (const old of files.slice(MOST - 1)) store.delete(old.token);
      store.put({ token, file, at: Date.now() });
    };
    await soon(edit(add, true));
    return token;
  }

  /* The token came back in the address: the file is this song's from now on. One that belongs to a
     song already stays there, whatever link somebody makes up. */
  async function claim() {
    const token = location.hash.match(/^#upload=(.+)$/)?.[1];
    await soon(edit((store, files) => {
      const sent = song && files.find((file) => file.token === token && !file.song);
      if (!sent) return;
      for (const old of files) if (old.song === song) store.delete(old.token); // the same file again
      store.put({ ...sent, song });
    }));
    if (token) history.replaceState(history.state, "", location.pathname + location.search);
  }

  const claimed = claim();

  async function get(song) {
    await claimed;
    return edit((store, files) => files.find((file) => file.song === song)?.file);
  }

  /* By its song, or its token while it has none; without either, every file. */
  async function remove(which) {
    await soon(claimed.then(() => edit((store, files) => {
      for (const { token, song } of files) {
        if (!which || which === (song ?? token)) store.delete(token);
      }
    })));
  }

  // What is forgotten in the history is not kept here either.
  document.addEventListener("submit", async (event) => {
    const form = event.target;
    if (form.dataset.forgets === undefined) return;
    event.preventDefault();
    await remove(form.dataset.forgets);
    form.submit();
  });

  return { song, put, get, remove };
})();
