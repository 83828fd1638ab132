// What the page knows: the study, the contours, the numbers, and where the reader is. Parts of the page listen to it.
import * as api from "./api.js";

export const SIDES = ["endo", "epi"];
const key = (side, z, t) => `${side} ${z} ${t}`;

export class Store extends EventTarget {
  async open() {
    const [study, state] = await Promise.all([api.get("study"), api.get("state")]);
    this.study = study;
    this.window = [...study.window];
    // Of the analysis the server sends what is no longer so; the rest is what there is.
    this.original = new Map(state.contours.map(([side, z, t, points]) => [key(side, z, t), points]));
    for (const [side, z, t, points] of state.original) {
      if (points) this.original.set(key(side, z, t), points);
      else this.original.delete(key(side, z, t));
    }
    this.contours = new Map();
    this.at = { z: study.order[Math.floor(study.order.length / 2)], t: state.numbers.ed };
    this.side = "endo";
    this.tool = "handles";
    this.radius = 8; // of the push tool, mm
    this.reach = Math.max(1, Math.round(study.frames / 4));
    this.pair = false;
    this.shown = true;
    this.copied = null;
    this.waiting = [];
    this.sending = null;
    this.drawn = null; // what is being dragged: { side, z, t, curve }
    this.offline = false;
    this.by = state.by;
    this.#take(state);
  }

  // ---- what there is ---------------------------------------------------------------------------------------

  contour(side, z, t) {
    const d = this.drawn;
    if (d && d.side === side && d.z === z && d.t === t) return d.curve;
    return this.contours.get(key(side, z, t)) ?? null;
  }

  before(side, z, t) { return this.original.get(key(side, z, t)) ?? null; }

  edited(z, t) {
    return SIDES.some((side) => this.#changed.has(key(side, z, t)));
  }

  get ed() { return this.choices.ed; }
  get es() { return this.choices.es; }

  // ---- what the reader does -------------------------------------------------------------------------------

  go(where) {
    const { slices, frames } = this.study;
    const z = Math.min(slices - 1, Math.max(0, where.z ?? this.at.z));
    const t = (((where.t ?? this.at.t) % frames) + frames) % frames;
    if (z === this.at.z && t === this.at.t) return;
    this.at = { z, t };
    this.#tell("moved");
  }

  // The next slice towards the apex (+1) or the base (-1).
  step(by) {
    const order = this.study.order, place = order.indexOf(this.at.z) + by;
    if (place >= 0 && place < order.length) this.go({ z: order[place] });
  }

  set(changes) {
    Object.assign(this, changes);
    this.#tell("looks");
  }

  // A contour as it is being dragged; the server is told as fast as it answers.
  drag(side, z, t, curve, gesture) {
    this.drawn = { side, z, t, curve };
    this.#tell("drawn");
    this.correct({ do: "contour", side, z, t, points: plain(curve) }, gesture);
  }

  drop() {
    if (!this.drawn) return;
    const { side, z, t, curve } = this.drawn;
    this.contours.set(key(side, z, t), plain(curve));
    this.#mark(side, z, t);
    this.drawn = null;
    this.#tell("drawn");
  }

  correct(request, gesture = "") {
    const last = this.waiting.at(-1);
    const job = { path: "correct", body: { do: request, gesture } };
    if (gesture && last?.body?.gesture === gesture) this.waiting[this.waiting.length - 1] = job;
    else this.waiting.push(job);
    return this.#pump();
  }

  async ask(path) {
    this.waiting.push({ path, body: {} });
    await this.#pump();
  }

  // ---- to and from the server ------------------------------------------------------------------------------

  async #pump() {
    if (this.sending) return this.sending;
    this.sending = this.#sendAll().finally(() => { this.sending = null; this.#tell("sent"); });
    return this.sending;
  }

  async #sendAll() {
    while (this.waiting.length) {
      const job = this.waiting.shift();
      try {
        const answer = await api.post(job.path, { ...job.body, revision: this.revision, by: this.by });
        this.offline = false;
        this.#take(answer);
        if (answer.note) this.say(answer.note);
      } catch (error) {
        if (!(error instanceof api.Refused)) {
          this.waiting.unshift(job);
          this.offline = true;
          this.#tell("changed");
          await new Promise((done) => setTimeout(done, 1000));
          continue;
        }
        this.waiting = [];
        this.drawn = null;
        await this.reload();
        this.say(error.status === 409
          ? "Another page has changed this result: its corrections are shown now, your last one was not taken."
          : error.message, true);
      }
    }
  }

  async reload() {
    this.contours.clear();
    this.#changed.clear();
    this.#take(await api.get("state"), true);
  }

  async look() {
    if (this.sending || this.waiting.length) return;
    const { revision } = await api.get("revision");
    if (revision !== this.revision) await this.reload();
  }

  say(text, grave = false) {
    this.dispatchEvent(new CustomEvent("said", { detail: { text, grave } }));
  }

  #changed = new Set();

  // Places whose contour is newer here than what the server has answered to.
  #onTheirWay() {
    return new Set(this.waiting.map((job) => job.body.do).filter((request) => request?.do === "contour")
      .map(({ side, z, t }) => key(side, z, t)));
  }

  #mark(side, z, t) {
    const now = this.contours.get(key(side, z, t)) ?? null, was = this.before(side, z, t);
    const same = now === was || (now && was && now.length === was.length && now.every((v, i) => Math.abs(v - was[i]) < 0.002));
    if (same) this.#changed.delete(key(side, z, t));
    else this.#changed.add(key(side, z, t));
  }

  #take(answer, whole = false) {
    const newer = this.#onTheirWay();
    for (const [side, z, t, points] of answer.contours) {
      if (newer.has(key(side, z, t))) continue;
      if (points) this.contours.set(key(side, z, t), points);
      else this.contours.delete(key(side, z, t));
      this.#mark(side, z, t);
    }
    if (whole || answer.original) {
      for (const place of this.original.keys()) {
        const [side, z, t] = place.split(" ");
        this.#mark(side, Number(z), Number(t));
      }
    }
    const { contours, original, ...rest } = answer;
    const by = this.by;
    Object.assign(this, rest);
    this.by = by || answer.by;
    this.lately = contours;
    this.#tell("changed");
  }

  #tell(what) { this.dispatchEvent(new Event(what)); }
}

export function plain(curve) {
  return Array.from(curve, (v) => Math.round(v * 1000) / 1000);
}
