// Puts the page together: what is told of changes draws itself anew, once a frame of the screen.
import { actions, keyList, pressed, shown } from "./keys.js";
import { Camera, View } from "./view.js";
import { Chart } from "./chart.js";
import { Hands, TOOLS } from "./tools.js";
import { Matrix } from "./matrix.js";
import { Panel } from "./panel.js";
import { Pixels } from "./pixels.js";
import { Store } from "./store.js";

const at = (id) => document.getElementById(id);

class Page {
  async open() {
    const store = this.store = new Store();
    await store.open();
    const { study } = store;
    document.title = `${study.name} · review · lvcine`;
    at("name").textContent = study.name;
    at("kind").textContent = study.kind;
    at("by").value = store.by;
    at("frame").max = study.frames - 1;
    this.pixels = new Pixels(store, (t) => this.#arrived(t));
    this.camera = new Camera(study);
    this.views = ["one", "other"].map((_, k) => new View(store, this.pixels, this.camera, () => this.#place(k)));
    this.hands = new Hands(store, this.views, () => this.show());
    this.hands.rewindow = (low, high) => this.pixels.window(low, high);
    this.views.forEach((view) => { at("views").append(view.box); this.hands.attach(view); });
    this.matrix = new Matrix(store, this.pixels, at("matrix"));
    this.chart = new Chart(store, at("curve"), at("curve-title"));
    this.panel = new Panel(store);
    this.actions = actions(this);
    this.#tools();
    keyList(this.actions, at("keys"));
    this.#listen();
    this.#changed(true);
    this.#moved();
    this.#looks();
    this.pixels.prefetch();
    document.documentElement.dataset.ready = "yes";
  }

  // ---- where the reader is ----------------------------------------------------------------------------------

  // The picture that keys act on: with ED and ES side by side the one of the current frame.
  active() {
    const { store } = this;
    return this.views[store.pair && store.at.t === store.es && store.es !== store.ed ? 1 : 0];
  }

  #place(k) {
    const { at: here, pair, ed, es } = this.store;
    return pair ? { z: here.z, t: k ? es : ed } : here;
  }

  step(by) { this.stop(); this.store.go({ t: this.store.at.t + by }); }

  pair() {
    const { store } = this;
    this.stop();
    store.set({ pair: !store.pair });
    if (store.pair && store.at.t !== store.es) store.go({ t: store.ed });
  }

  play() {
    this.playing = !this.playing;
    at("play").textContent = this.playing ? "Pause" : "Play";
    if (!this.playing) return;
    let due = performance.now();
    const tick = (now) => {
      if (!this.playing) return;
      if (now >= due) { due = now + this.store.study.step_ms - 8; this.store.go({ t: this.store.at.t + 1 }); }
      requestAnimationFrame(tick);
    };
    requestAnimationFrame(tick);
  }

  stop() { if (this.playing) this.play(); }

  // ---- settings of the tools --------------------------------------------------------------------------------

  resize(by) {
    this.store.set({ radius: Math.min(40, Math.max(1.5, this.store.radius * by)) });
    this.store.say(`round tool: ${this.store.radius.toFixed(1)} mm`);
  }

  reach(by) {
    const { study, reach } = this.store;
    this.store.set({ reach: Math.min(Math.ceil(study.frames / 2), Math.max(1, reach + by)) });
  }

  choose(by) {
    const view = this.active();
    view.handle = (view.handle + by + 12) % 12;
    this.store.set({ tool: "handles" });
  }

  async save() {
    if (!at("by").value.trim()) {
      at("by").focus();
      return this.store.say("Say who corrects: the name stands in the results.", true);
    }
    await this.store.ask("save");
    if (this.store.saved) this.store.say("Saved beside the results of the analysis, in the folder “corrected”.");
  }

  // The page of the other apical plane; what was corrected here is on its way first.
  other() {
    const { store } = this;
    this.stop();
    const leave = () => (store.sending || store.waiting.length ? setTimeout(leave, 30) : location.assign(store.study.other.address));
    leave();
  }

  help() { at("keys").open ? at("keys").close() : at("keys").showModal(); }

  // ---- drawing ---------------------------------------------------------------------------------------------

  // All pictures anew, once before the screen shows the next frame.
  show(over = false) {
    this.whole ||= !over;
    if (this.asked) return;
    this.asked = requestAnimationFrame((now) => {
      this.asked = 0;
      const whole = this.whole;
      this.whole = false;
      for (const view of this.#seen()) whole ? view.drawAll() : view.drawOver();
      this.timed?.(now);
    });
  }

  #seen() { return this.store.pair ? this.views : [this.views[0]]; }

  #arrived(t) {
    this.matrix?.draw(null, t);
    if (t === null || this.#seen().some((view) => view.place().t === t)) this.show();
  }

  #moved() {
    const { store } = this;
    this.#leavePair();
    this.#where();
    this.matrix.mark();
    if (!this.playing) this.matrix.reveal();
    this.chart.move();
    this.show();
  }

  #where() {
    const { at: { t }, study: { times_ms: times, frames } } = this.store;
    at("frame").value = t;
    at("where").textContent = `frame ${t} of 0–${frames - 1}${times ? `, ${Math.round(times[t])} ms` : ""}`;
  }

  #looks() {
    const { store } = this;
    at("views").classList.toggle("pair", store.pair);
    for (const button of at("tools").querySelectorAll("[data-tool]")) button.setAttribute("aria-pressed", button.dataset.tool === store.tool);
    for (const button of at("tools").querySelectorAll("[data-side]")) button.setAttribute("aria-pressed", button.dataset.side === store.side);
    at("reach").textContent = `±${store.reach}`;
    at("views").dataset.tool = store.tool;
    this.show();
  }

  #changed(whole = false) {
    const { store } = this;
    for (const place of store.lately ?? []) this.matrix.draw(place[1], place[2]);
    if (whole || this.drawnFor !== this.#outline()) { this.matrix.draw(); this.drawnFor = this.#outline(); }
    at("undo").disabled = !store.undo;
    at("redo").disabled = !store.redo;
    at("save").disabled = store.saved;
    at("undo").title = store.undo ? `Undo: ${store.last} (Ctrl+Z)` : "Nothing to undo";
    at("status").textContent = store.offline
      ? "The server has ended: start lvcine review again, what was corrected is kept."
      : store.saved ? (store.undo ? "saved" : "") : "kept, not saved yet";
    at("status").classList.toggle("failed", store.offline);
    this.panel.draw(Boolean(store.drawn));
    this.chart.draw();
    this.#leavePair();
    this.matrix.mark();
    this.#where();
    this.show();
  }

  // Side by side are ED and ES: with another frame it is one picture again.
  #leavePair() {
    const { store } = this;
    if (store.pair && ![store.ed, store.es].includes(store.at.t)) store.set({ pair: false });
  }

  #outline() { const { no_slices, no_frames } = this.store.choices; return JSON.stringify([no_slices, no_frames]); }

  // ---- listening -------------------------------------------------------------------------------------------

  #listen() {
    const { store } = this;
    store.addEventListener("moved", () => this.#moved());
    store.addEventListener("looks", () => this.#looks());
    store.addEventListener("changed", () => this.#changed());
    store.addEventListener("drawn", () => { this.show(true); if (!store.drawn) this.panel.draw(); });
    store.addEventListener("sent", () => { if (!store.drawn) this.panel.draw(); });
    store.addEventListener("said", ({ detail }) => this.#say(detail));
    at("by").oninput = () => { store.by = at("by").value; };
    at("frame").oninput = () => { this.stop(); store.go({ t: Number(at("frame").value) }); };
    for (const button of document.querySelectorAll("[data-key]")) {
      const [, keys, words, act] = this.actions.find(([name]) => name === button.dataset.key);
      button.onclick = act;
      button.title ||= `${words} (${keys.map(shown).join(", ")})`;
    }
    const byKey = new Map(this.actions.filter(([, keys]) => keys).flatMap(([, keys, , act]) => keys.map((key) => [key, act])));
    document.addEventListener("keydown", (event) => {
      if (event.target === at("by")) { if (event.key === "Enter") event.target.blur(); return; }
      if (at("keys").open && !["?", "Escape"].includes(event.key)) return;
      if (event.key === " " && event.target.tagName === "BUTTON" || event.target.tagName === "SUMMARY") return;
      const act = byKey.get(pressed(event));
      if (!act || (event.target.type === "range" && event.key.startsWith("Arrow"))) return;
      if (!(at("keys").open && event.key === "Escape")) event.preventDefault();
      act();
    });
    window.addEventListener("focus", () => store.look().catch(() => {}));
    window.addEventListener("beforeunload", (event) => { if (store.waiting.length) event.preventDefault(); });
  }

  #tools() {
    const button = (text, words, more) => {
      const made = document.createElement("button");
      made.textContent = text;
      made.title = words;
      Object.assign(made.dataset, more);
      at("tools").append(made);
      return made;
    };
    const group = () => at("tools").append(document.createElement("span"));
    const act = (name) => {
      const [, keys, words] = this.actions.find(([known]) => known === name) ?? [];
      return keys ? `${words} (${keys.map(shown).join(", ")})` : null;
    };
    TOOLS.forEach(([tool, text, words], k) => { button(text, `${words} (${k + 1})`, { tool, key: tool }); });
    group();
    for (const [side, text] of [["endo", "Endocardium"], ["epi", "Epicardium"]]) {
      button(text, `${text} (X)`, { side }).onclick = () => this.store.set({ side });
    }
    group();
    button("Carry", act("carry"), { key: "carry" });
    const reach = document.createElement("output");
    reach.id = "reach";
    reach.title = "frames each way; ( and ) change it";
    at("tools").append(reach);
    button("Delete", act("delete"), { key: "delete" });
    group();
    button("ED here", act("set-ed"), { key: "set-ed" });
    button("ES here", act("set-es"), { key: "set-es" });
    for (const [name, text] of [["base", "Base"], ["apex", "Apex"], ["papillary", "Papillary"], ["insertion", "RV insertion"], ["exclude-slice", "Exclude slice"], ["exclude-frame", "Exclude frame"]]) {
      if (act(name)) button(text, act(name), { key: name });
    }
    group();
    const { other } = this.store.study;
    if (other) button(other.view, act("other"), { key: "other" });
    button("ED | ES", act("pair"), { key: "pair" });
    button("Contours", act("contours"), { key: "contours" });
  }

  #say({ text, grave }) {
    const message = document.createElement("p");
    message.textContent = text;
    message.className = grave ? "grave" : "";
    at("messages").append(message);
    setTimeout(() => message.remove(), grave ? 8000 : 3500);
  }
}

const page = new Page();
globalThis.review = page; // for tests and for the console
page.open().catch((error) => {
  at("name").textContent = "The result could not be shown";
  at("kind").textContent = error.message;
});
