// One large picture with its contours: the picture on one canvas, what is drawn over it on another.
import { SIDES } from "./store.js";
import { handles } from "./curves.js";

export const COLOURS = { endo: "#ffb000", epi: "#56c2ff" };
const FIT = 1.08; // of the ventricle's box, at zoom 1

// Where all large pictures look: a place in the scan, and how closely.
export class Camera {
  constructor(study) { this.study = study; this.reset(); }
  reset() {
    const [top, bottom, left, right] = this.study.box;
    this.y = (top + bottom - 1) / 2; this.x = (left + right - 1) / 2; this.zoom = 1;
  }
  // Screen pixels a row and a column for a picture so wide and high.
  scale(width, height) {
    const [top, bottom, left, right] = this.study.box, [sy, sx] = this.study.spacing;
    const mm = FIT * Math.max((bottom - top) * sy / height, (right - left) * sx / width);
    return [this.zoom * sy / mm, this.zoom * sx / mm];
  }
}

export class View {
  constructor(store, pixels, camera, place) {
    Object.assign(this, { store, pixels, camera, place });
    this.box = document.createElement("div");
    this.box.className = "view";
    this.base = document.createElement("canvas");
    this.top = document.createElement("canvas");
    this.top.className = "over";
    this.top.tabIndex = 0;
    this.top.setAttribute("role", "img");
    this.title = document.createElement("p");
    this.title.className = "view-title";
    this.marks = document.createElement("div");
    this.marks.className = "edges";
    for (const [edge, letters] of Object.entries(store.study.edges)) {
      const span = document.createElement("span");
      span.className = edge;
      span.textContent = letters;
      this.marks.append(span);
    }
    this.bar = document.createElement("span");
    this.bar.className = "bar";
    this.box.append(this.base, this.top, this.title, this.marks, this.bar);
    this.handle = -1; // that was chosen by key
    this.brush = null; // where the push tool is
    this.line = null; // what is being drawn anew
    new ResizeObserver(() => this.fit()).observe(this.box);
  }

  fit() {
    const sharp = window.devicePixelRatio || 1;
    this.width = this.box.clientWidth; this.height = this.box.clientHeight;
    for (const canvas of [this.base, this.top]) {
      canvas.width = Math.max(1, Math.round(this.width * sharp));
      canvas.height = Math.max(1, Math.round(this.height * sharp));
    }
    this.sharp = sharp;
    this.drawAll();
  }

  toScreen(y, x) {
    const [sy, sx] = this.camera.scale(this.width, this.height);
    return [this.width / 2 + (x - this.camera.x) * sx, this.height / 2 + (y - this.camera.y) * sy];
  }

  toScan(left, top) {
    const [sy, sx] = this.camera.scale(this.width, this.height);
    return [this.camera.y + (top - this.height / 2) / sy, this.camera.x + (left - this.width / 2) / sx];
  }

  drawAll() {
    if (!this.width) return;
    const { z, t } = this.place(), pen = this.base.getContext("2d");
    pen.setTransform(this.sharp, 0, 0, this.sharp, 0, 0);
    pen.fillStyle = "#000";
    pen.fillRect(0, 0, this.width, this.height);
    const picture = this.pixels.picture(z, t);
    if (picture) {
      const [left, top] = this.toScreen(-0.5, -0.5), [sy, sx] = this.camera.scale(this.width, this.height);
      pen.imageSmoothingQuality = "high";
      pen.drawImage(picture, left, top, picture.width * sx, picture.height * sy);
    }
    this.#texts(z, t);
    this.drawOver();
  }

  #texts(z, t) {
    const { study, choices } = this.store;
    const phase = t === choices.ed ? "end-diastole" : t === choices.es ? "end-systole" : "";
    const out = choices.no_slices.includes(z) ? " · slice excluded" : choices.no_frames.includes(t) ? " · frame excluded" : "";
    const slice = study.slices > 1 ? `slice ${z} · ` : "";
    const where = `${slice}frame ${t}${phase ? ` · ${phase}` : ""}${out}`;
    if (this.title.textContent !== where) {
      this.title.textContent = where;
      this.top.setAttribute("aria-label", where);
    }
    this.box.classList.toggle("excluded", Boolean(out));
    const sx = this.camera.scale(this.width, this.height)[1] / study.spacing[1];
    const long = [100, 50, 20, 10, 5].find((mm) => mm * sx < 0.3 * this.width) ?? 5;
    this.bar.hidden = !study.calibrated;
    this.bar.style.width = `${long * sx}px`;
    this.bar.textContent = long >= 10 ? `${long / 10} cm` : `${long} mm`;
  }

  drawOver() {
    if (!this.width) return;
    const { store } = this, { z, t } = this.place(), pen = this.top.getContext("2d");
    pen.setTransform(this.sharp, 0, 0, this.sharp, 0, 0);
    pen.clearRect(0, 0, this.width, this.height);
    const counts = !store.choices.no_slices.includes(z) && !store.choices.no_frames.includes(t);
    pen.globalAlpha = counts ? 1 : 0.35;
    if (store.shown) {
      for (const side of SIDES) this.#contour(pen, side, z, t);
      this.#hinges(pen, t);
    }
    pen.globalAlpha = 1;
    this.#insertion(pen, z);
    this.#tool(pen);
  }

  #path(pen, curve) {
    pen.beginPath();
    for (let i = 0; i < curve.length; i += 2) pen.lineTo(...this.toScreen(curve[i], curve[i + 1]));
    pen.closePath();
  }

  #contour(pen, side, z, t) {
    const { store } = this, curve = store.contour(side, z, t), before = store.before(side, z, t);
    if (before && store.edited(z, t)) {
      pen.setLineDash([3, 4]);
      pen.lineWidth = 1;
      pen.strokeStyle = "#ffffff99";
      this.#path(pen, before);
      pen.stroke();
      pen.setLineDash([]);
    }
    if (!curve) return;
    const active = side === store.side;
    this.#path(pen, curve);
    pen.lineWidth = active ? 2.2 : 1.6;
    pen.strokeStyle = COLOURS[side];
    pen.stroke();
    if (!active || store.tool !== "handles") return;
    const grips = handles(curve, store.study.spacing).map((i) => this.toScreen(curve[2 * i], curve[2 * i + 1]));
    const gap = Math.hypot(grips[1][0] - grips[0][0], grips[1][1] - grips[0][1]);
    const size = Math.min(4.5, Math.max(2.2, gap / 6)); // the line stays in sight on a small contour
    grips.forEach(([x, y], k) => {
      pen.beginPath();
      pen.arc(x, y, k === this.handle ? size + 2.5 : size, 0, 7);
      pen.fillStyle = k === this.handle ? "#fff" : COLOURS[side];
      pen.fill();
      pen.lineWidth = 1.5;
      pen.strokeStyle = "#000";
      pen.stroke();
    });
  }

  #hinges(pen, t) {
    const pair = this.store.choices.hinges[t];
    if (!pair) return;
    const a = this.toScreen(pair[0], pair[1]), b = this.toScreen(pair[2], pair[3]);
    pen.beginPath();
    pen.moveTo(...a); pen.lineTo(...b);
    pen.strokeStyle = "#7ee787"; pen.lineWidth = 1.5; pen.setLineDash([5, 4]); pen.stroke(); pen.setLineDash([]);
    for (const [x, y] of [a, b]) {
      pen.beginPath(); pen.rect(x - 5.5, y - 5.5, 11, 11);
      pen.fillStyle = "#7ee787"; pen.fill(); pen.strokeStyle = "#000"; pen.stroke();
    }
  }

  #insertion(pen, z) {
    const point = this.store.choices.insertion;
    if (!point || (point[2] !== null && point[2] !== z)) return;
    const [x, y] = this.toScreen(point[0], point[1]);
    pen.strokeStyle = "#ff7ad9"; pen.lineWidth = 2;
    pen.beginPath(); pen.moveTo(x - 7, y); pen.lineTo(x + 7, y); pen.moveTo(x, y - 7); pen.lineTo(x, y + 7); pen.stroke();
    pen.fillStyle = "#ff7ad9"; pen.font = "12px system-ui, sans-serif"; pen.fillText("RV insertion", x + 9, y - 6);
  }

  #tool(pen) {
    if (this.brush && this.store.tool === "push") {
      const [x, y] = this.toScreen(...this.brush.at), [, sx] = this.camera.scale(this.width, this.height);
      pen.beginPath();
      pen.arc(x, y, this.brush.radius * sx / this.store.study.spacing[1], 0, 7);
      pen.strokeStyle = "#fffc"; pen.lineWidth = 1.2; pen.stroke();
    }
    if (this.line) {
      pen.beginPath();
      for (let i = 0; i < this.line.length; i += 2) pen.lineTo(...this.toScreen(this.line[i], this.line[i + 1]));
      pen.strokeStyle = COLOURS[this.store.side]; pen.lineWidth = 2; pen.stroke();
    }
  }
}
