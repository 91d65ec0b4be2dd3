// Motion is the story: each new moment of the journal is a dot that travels between the places that it is about.
// A still page says the same: this only leads the eye. Nothing moves when motion is to be reduced or the page is hidden.
import { paced } from "./pace.js";

const stage = document.querySelector(".stage");
const journal = document.getElementById("panel-journal");
const still = matchMedia("(prefers-reduced-motion: reduce)");
// More than these at once, and a kind travels as one dot with its count.
const AT_ONCE = 10;
const LIVE_MS = 380;
const SLOW_MS = 620;
const BACK_MS = 220;

const find = (selector) => stage.querySelector(selector);
const truth = () => find("#panel-truth");
const outbox = () => find("#panel-relay .outbox");
const newest = () => find("#panel-stream .cell.is-newest rect") ?? find("#panel-stream h3");
const edge = (actor) => find(`#panel-edge-${CSS.escape(actor)} .card`);
const lane = (actor) => find(`#panel-edge-${CSS.escape(actor)} .delivered`);

// What travels for a kind of moment: from where, to where, and how it looks. An actor that is no edge has no lane.
const ways = {
  commit: () => [truth(), outbox(), "is-truth"],
  publish: (actor) => [actor === "database" ? truth() : outbox(), newest(), "is-relay"],
  duplicate: () => [outbox(), newest(), "is-relay is-twice"],
  unanswered: () => [outbox(), newest(), "is-lost"],
  refused: () => [truth(), truth()?.querySelector(".writes"), "is-refused"],
  got: (actor) => [newest(), edge(actor), "is-stream"],
  ack: (actor) => [edge(actor), lane(actor), "is-ack"],
  crash: (actor) => [edge(actor) ?? find(`#panel-${actor}`) ?? truth(), null, "is-lost"],
};

const middle = (element) => {
  const { left, top, width, height } = element.getBoundingClientRect();
  return [left + Math.min(width / 2, 60), top + Math.min(height / 2, 24)];
};

let sky = null;
function ground() {
  if (sky?.isConnected) return sky;
  sky = document.createElement("div");
  sky.className = "travel";
  sky.ariaHidden = "true";
  stage.append(sky);
  return sky;
}

function fly(from, to, look, count) {
  const dot = document.createElement("i");
  dot.className = look;
  if (count > 1) dot.textContent = `×${count}`;
  ground().append(dot);
  const [x, y] = middle(from);
  const [u, v] = to ? middle(to) : [x, y];
  const at = (a, b) => `translate(${a}px, ${b}px)`;
  const lost = look.includes("is-lost") || look.includes("is-refused");
  const end = lost ? [(x + u) / 2, (y + v) / 2] : [u, v];
  const frames = [
    { transform: `${at(x, y)} scale(0.4)`, opacity: 0.2 },
    { transform: `${at(x, y)} scale(1)`, opacity: 1, offset: 0.15 },
    { transform: `${at(...end)} scale(1)`, opacity: 1, offset: 0.85 },
    { transform: `${at(...end)} scale(${lost ? 2.2 : 0.6})`, opacity: 0 },
  ];
  const duration = paced() ? SLOW_MS : look === "is-ack" ? BACK_MS : LIVE_MS;
  dot.animate(frames, { duration, easing: "ease-in-out" }).finished.then(() => dot.remove(), () => dot.remove());
}

// The moments of one frame, those that look the same as one.
function tell(boxes) {
  const told = new Map();
  for (const { dataset } of boxes) {
    const key = boxes.length > AT_ONCE ? dataset.kind + dataset.actor : Symbol("alone");
    const known = told.get(key) ?? { ...dataset, count: 0 };
    known.count += Number(dataset.count ?? 1);
    told.set(key, known);
  }
  for (const { kind, actor, count } of told.values()) {
    const [from, to, look] = ways[kind]?.(actor) ?? [];
    if (from) fly(from, to, look, count);
  }
}

const number = (box) => Number(box.id.slice("box-".length));
let seen = Math.max(0, ...[...(journal?.querySelectorAll(".box") ?? [])].map(number));

function look() {
  const news = [...journal.querySelectorAll(".box")].filter((box) => number(box) > seen);
  if (!news.length) return;
  seen = number(news.at(-1));
  if (!still.matches && !document.hidden && !stage.classList.contains("is-stale")) tell(news);
}

if (journal) document.addEventListener("htmx:after:swap", () => requestAnimationFrame(look));
