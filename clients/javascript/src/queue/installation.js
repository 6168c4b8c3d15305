// The pseudonymous id of this installation: random, made once, shared by every context.

const KEY = "installation";

/** @param {import("./database.js").Database} database @returns {Promise<string>} */
export async function installationId(database) {
  let id = crypto.randomUUID();
  await database.transact("readwrite", ({ sender }) => {
    const request = sender.get(KEY);
    request.onsuccess = () => {
      if (request.result) id = request.result;
      else sender.put(id, KEY);
    };
  });
  return id;
}
