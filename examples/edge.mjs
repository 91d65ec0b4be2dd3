// An edge of your own: node examples/edge.mjs NAME URL USER PASSWORD [FOLDER]
import { randomBytes } from "node:crypto";
import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { AckPolicy, jetstream, jetstreamManager } from "@nats-io/jetstream";
import { connect } from "@nats-io/transport-node";

class FailedClosed extends Error {}

// Apply an event to a view. The same notice twice, or an owner of the past, changes nothing.
function takeIn(view, event) {
  const { sequence, data: fact } = event;
  const row = view.routes[fact.route] ?? { epoch: 0, event_id: "" };
  if (event.id === row.event_id || (sequence <= view.sequence && fact.epoch <= row.epoch)) return;
  if (sequence !== view.sequence + 1 || event.previousid !== view.event_id) {
    throw new FailedClosed(`event ${sequence} does not follow ${view.sequence}: something is missing`);
  }
  if (fact.epoch <= row.epoch) {
    throw new FailedClosed(`event ${sequence} brings epoch ${fact.epoch} of ${fact.route} after ${row.epoch}`);
  }
  view.routes[fact.route] = { owner: fact.owner, epoch: fact.epoch, event_id: event.id };
  Object.assign(view, { sequence, event_id: event.id });
}

// Return the mode. Current only by the control plane's word: that nothing is pending proves nothing.
function standing(view, mark) {
  if (!mark || mark.sequence > view.sequence) return "catching up";
  if (mark.sequence !== view.sequence || mark.id !== view.event_id) {
    throw new FailedClosed(`this view is at ${view.sequence}, the truth at ${mark.sequence}: they do not agree`);
  }
  return "current";
}

const [name, url, user, password, folder = "."] = process.argv.slice(2);
const file = join(folder, `${name}.json`);
const view = existsSync(file) ? JSON.parse(readFileSync(file)) : { sequence: 0, event_id: "", routes: {} };
const said = { instance: randomBytes(4).toString("hex"), mode: "catching up", reason: "" };
let mark = null;
let wake = () => {};

// Act, or fail closed; once failed closed, nothing is done any more. Returns whether it was done.
function tryTo(act) {
  if (said.mode === "failed closed") return false;
  try {
    act();
  } catch (error) {
    if (!(error instanceof FailedClosed)) throw error;
    Object.assign(said, { mode: "failed closed", reason: error.message });
  }
  wake();
  return said.mode !== "failed closed";
}

function stand() {
  said.mode = standing(view, mark);
}

async function hearMarks(marks) {
  for await (const message of marks) {
    mark = message.json().route;
    tryTo(stand);
  }
}

// Apply, keep, and only then ack: what was not kept comes again.
async function follow(messages) {
  for await (const message of messages) {
    if (!tryTo(() => takeIn(view, message.json()))) continue;
    if (mark && mark.sequence < view.sequence) mark = null; // heard before this event: it says nothing of it
    tryTo(stand);
    writeFileSync(`${file}.new`, JSON.stringify(view));
    renameSync(`${file}.new`, file);
    message.ack();
  }
}

const nc = await connect({
  servers: url, user, pass: password, name, maxReconnectAttempts: -1, inboxPrefix: `_INBOX_${user}`,
});
hearMarks(nc.subscribe("control.heartbeat"));
const manager = await jetstreamManager(nc);
// The cursor of an earlier life stands beyond an empty view.
if (!view.sequence) await manager.consumers.delete("ROUTES", name).catch(() => {});
await manager.consumers.add("ROUTES", {
  durable_name: name, ack_policy: AckPolicy.Explicit, filter_subject: "route.owner.updated.>",
});
const consumer = await jetstream(nc).consumers.get("ROUTES", name);
follow(await consumer.consume());
// Claim what can be proved, once a second and after every change, at most ten times a second.
while (true) {
  const changed = new Promise((resolve) => (wake = resolve));
  nc.publish(`edges.${name}.claim`, JSON.stringify({ ...said, ...view }));
  await Promise.race([changed, sleep(1000)]);
  await sleep(100);
}
