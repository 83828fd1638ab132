// The volume over the frames, of the analysis and now; ED and ES can be dragged to other frames.

const SPACE = "http://www.w3.org/2000/svg", W = 380, H = 190, LEFT = 40, RIGHT = 12, TOP = 22, BOTTOM = 30;

function part(name, attributes, text) {
  const element = document.createElementNS(SPACE, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  if (text !== undefined) element.textContent = text;
  return element;
}

export class Chart {
  constructor(store, box, title) {
    Object.assign(this, { store, box, title });
    this.svg = part("svg", { viewBox: `0 0 ${W} ${H}`, role: "img", class: "chart" });
    box.append(this.svg);
    this.svg.addEventListener("pointerdown", (event) => this.#down(event));
    this.svg.addEventListener("pointermove", (event) => this.#move(event));
    this.svg.addEventListener("pointerup", () => this.#up());
  }

  x(t) { return LEFT + (W - LEFT - RIGHT) * t / Math.max(1, this.store.study.frames - 1); }
  y(v) { return H - BOTTOM - (H - TOP - BOTTOM) * v / this.most; }

  draw() {
    const { curve, beats } = this.store.numbers, { ed, es } = this.store.choices;
    this.svg.replaceChildren();
    if (!curve) return;
    this.title.textContent = `${curve.title}${curve.unit ? ` (${curve.unit})` : ""}`;
    const all = [...curve.before, ...(curve.now ?? [])].filter((v) => v !== null);
    const step = [1, 2, 5, 10, 20, 25, 50, 100, 200, 500].find((s) => Math.max(...all) / s <= 5) ?? 1000;
    this.most = Math.max(step, Math.ceil(Math.max(...all) * 1.02 / step) * step);
    for (let v = 0; v <= this.most; v += step) {
      this.svg.append(part("line", { class: "grid", x1: LEFT, x2: W - RIGHT, y1: this.y(v), y2: this.y(v) }));
      this.svg.append(part("text", { class: "tick", x: LEFT - 6, y: this.y(v) + 4, "text-anchor": "end" }, v));
    }
    this.svg.append(part("text", { class: "tick", x: (LEFT + W - RIGHT) / 2, y: H - 4, "text-anchor": "middle" }, "frame"));
    const { frames } = this.store.study, every = Math.max(1, Math.ceil(frames / 8));
    for (let t = 0; t < frames; t += every) {
      this.svg.append(part("text", { class: "tick", x: this.x(t), y: H - BOTTOM + 14, "text-anchor": "middle" }, t));
    }
    this.#line(curve.before, "was");
    if (curve.now) this.#line(curve.now, "is");
    for (const [a, b] of beats) for (const t of [a, b]) this.#dot(t, curve, "beat");
    this.#phase("ed", ed, curve, "ED");
    this.#phase("es", es, curve, "ES");
    this.cursor = part("line", { class: "cursor", y1: TOP, y2: H - BOTTOM });
    this.svg.append(this.cursor);
    this.svg.setAttribute("aria-label", `${curve.title} over the cycle, end-diastole frame ${ed}, end-systole frame ${es}`);
    this.move();
  }

  move() {
    if (!this.cursor) return;
    const x = this.x(this.store.at.t);
    this.cursor.setAttribute("x1", x);
    this.cursor.setAttribute("x2", x);
  }

  #line(values, name) {
    let path = "", open = false;
    values.forEach((v, t) => {
      if (v === null) { open = false; return; }
      path += `${open ? "L" : "M"}${this.x(t).toFixed(1)} ${this.y(v).toFixed(1)}`;
      open = true;
    });
    this.svg.append(part("path", { class: name, d: path }));
  }

  #dot(t, curve, name) {
    const v = (curve.now ?? curve.before)[t];
    if (v !== null && v !== undefined) this.svg.append(part("circle", { class: name, cx: this.x(t), cy: this.y(v), r: 4 }));
  }

  #phase(name, t, curve, label) {
    const group = part("g", { class: "phase", "data-phase": name });
    group.append(part("line", { x1: this.x(t), x2: this.x(t), y1: TOP, y2: H - BOTTOM }));
    group.append(part("rect", { class: "grip", x: this.x(t) - 13, y: 3, width: 26, height: 17, rx: 4 }));
    group.append(part("text", { x: this.x(t), y: 16, "text-anchor": "middle" }, label));
    this.svg.append(group);
    this.#dot(t, curve, "at-phase");
  }

  #frame(event) {
    const box = this.svg.getBoundingClientRect(), x = (event.clientX - box.left) / box.width * W;
    const last = this.store.study.frames - 1;
    return Math.min(last, Math.max(0, Math.round((x - LEFT) / (W - LEFT - RIGHT) * last)));
  }

  #down(event) {
    this.svg.setPointerCapture(event.pointerId);
    const phase = event.target.closest?.(".phase");
    this.holding = phase && event.target.classList.contains("grip") || phase && event.target.tagName === "text"
      ? phase.dataset.phase : "cursor";
    this.store.go({ t: this.#frame(event) });
  }

  #move(event) {
    if (this.holding) this.store.go({ t: this.#frame(event) });
  }

  #up() {
    const phase = this.holding;
    this.holding = null;
    if (phase && phase !== "cursor" && this.store.choices[phase] !== this.store.at.t) {
      this.store.correct({ do: "phase", phase, t: this.store.at.t });
    }
  }
}
