/* Saves the files one sends in one's own browser, so that their results can play them: the server
   deletes its copy. Three at most, each for a day. What cannot be saved (no room, a private window,
   no IndexedDB) is just not there, and nothing waits for it longer than LONGEST_MS.

   By idb and not idb-keyval: a change may touch several files and must be one transaction, each
   file is a record with its token as key, and who never sent anything gets no database. */

import { openDB } from "./vendor/idb.js";

const MOST = 3;
const LONGEST_MS = 3000;
const HOUR_MS = 3_600_000;

/* The public id of the song whose page this is; undefined elsewhere. */
export const song = location.pathname.match(/\/song\/([\w-]+)\/$/)?.[1];

// Sites below different paths of one host have the same storage: each has its own name in it.
const base = new URL("../..", import.meta.url).pathname;
const NAME = base === "/" ? "sent-files" : `sent-files ${base}`;

const soon = (work) =>
  Promise.race([work, new Promise((resolve) => setTimeout(resolve, LONGEST_MS))]);

function open(create) {
  return openDB(NAME, 1, {
    upgrade(database, _old, _new, transaction) {
      if (create) {
        database.createObjectStore("files", { keyPath: "token" });
      } else {
        transaction.done.catch(() => {}); // openDB says so as well
        transaction.abort(); // who never sent anything gets no empty database
      }
    },
  });
}

/* What no result has asked for within an hour never arrived: it was refused, or sending was stopped. */
function isOver({ at, song }) {
  return Math.abs(Date.now() - at) > (song ? 24 : 1) * HOUR_MS;
}

const deleteAll = (store, files) => Promise.all(files.map(({ token }) => store.delete(token)));

async function commit(transaction, change) {
  const files = (await transaction.store.getAll()).sort((a, b) => b.at - a.at);
  await deleteAll(transaction.store, files.filter(isOver));
  return change(transaction.store, files.filter((file) => !isOver(file)));
}

/* One transaction: change(store, files) gets {token, file, at, song} of each file, newest first.
   Gives what change gives, and undefined where nothing could be read or written. */
async function edit(change, create = false) {
  let database;
  try {
    database = await open(create);
    const transaction = database.transaction("files", "readwrite");
    const work = commit(transaction, change).catch((error) => {
      transaction.abort(); // some browsers store no files
      throw error;
    });
    const [result] = await Promise.all([work, transaction.done]);
    return result;
  } catch {
    return undefined;
  } finally {
    database?.close();
  }
}

/* Gives the token under which the file is saved, for the form to carry to the page of its answer.
   Slower than LONGEST_MS, it may still be there in time; else the token leads to nothing. */
export async function save(file) {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  const token = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  const add = async (store, files) => {
    await store.put({ token, file, at: Date.now() });
    await deleteAll(store, files.slice(MOST - 1));
  };
  await soon(edit(add, true));
  return token;
}

/* The token came back in the address: the file is this song's from now on. One that belongs to a
   song already stays there, whatever link somebody makes up. */
async function claim() {
  const token = location.hash.match(/^#upload=(.+)$/)?.[1];
  await soon(edit(async (store, files) => {
    const sent = song && files.find((file) => file.token === token && !file.song);
    if (!sent) return;
    await store.put({ ...sent, song });
    await deleteAll(store, files.filter((file) => file.song === song)); // the same file again
  }));
  if (token) history.replaceState(history.state, "", location.pathname + location.search);
}

const claimed = claim();

export async function get(song) {
  await claimed;
  return edit((_store, files) => files.find((file) => file.song === song)?.file);
}

/* By its song, or its token while it has none; without either, every file. */
export async function remove(which) {
  await soon(claimed.then(() => edit((store, files) =>
    deleteAll(store, files.filter(({ token, song }) => !which || which === (song ?? token))))));
}

// What is forgotten in the history is not saved here either.
document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (form.dataset.forgets === undefined) return;
  event.preventDefault();
  await remove(form.dataset.forgets);
  form.submit();
});
