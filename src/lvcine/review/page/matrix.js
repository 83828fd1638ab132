// Slices × frames as small pictures, from base to apex: where the ventricle was outlined, what was corrected.
import { SIDES } from "./store.js";
import { COLOURS } from "./view.js";

const CELL = 62;

export class Matrix {
  constructor(store, pixels, box) {
    Object.assign(this, { store, pixels, box });
    const { order, frames, slices } = store.study;
    this.clip = slices === 1;
    box.classList.toggle("clip", this.clip);
    this.cell = this.clip ? 84 : CELL;
    const sharp = Math.min(2, window.devicePixelRatio || 1);
    this.sharp = frames * this.cell * sharp > 8000 ? 1 : sharp;
    this.canvas = document.createElement("canvas");
    this.canvas.width = frames * this.cell * this.sharp;
    this.canvas.height = order.length * this.cell * this.sharp;
    this.canvas.style.width = `${frames * this.cell}px`;
    this.canvas.style.height = `${order.length * this.cell}px`;
    this.heads = this.#row("m-heads", frames, (t) => t, (t) => store.go({ t }), "Frame");
    this.sides = this.#row("m-sides", order.length, (k) => order[k], (k) => store.go({ z: order[k] }), "Slice");
    this.selected = document.createElement("div");
    this.selected.className = "m-selected";
    this.selected.style.width = this.selected.style.height = `${this.cell}px`;
    const field = document.createElement("div"), corner = document.createElement("div");
    field.className = "m-field";
    corner.className = "m-corner";
    field.append(this.canvas, this.selected);
    box.append(corner, this.heads, this.sides, field);
    this.canvas.addEventListener("pointerdown", (event) => {
      const at = this.canvas.getBoundingClientRect();
      const k = Math.floor((event.clientY - at.top) / this.cell), t = Math.floor((event.clientX - at.left) / this.cell);
      store.go({ z: order[Math.min(k, order.length - 1)], t: Math.min(t, frames - 1) });
    });
    this.due = new Set();
  }

  #row(name, count, label, go, word) {
    const row = document.createElement("div");
    row.className = name;
    for (let k = 0; k < count; k++) {
      const button = document.createElement("button");
      button.textContent = label(k);
      button.tabIndex = -1;
      button.setAttribute("aria-label", `${word} ${label(k)}`);
      button.style[name === "m-heads" ? "width" : "height"] = `${this.cell}px`;
      button.onclick = () => go(k);
      row.append(button);
    }
    return row;
  }

  // Draw anew what changed: of all slices or one, of all frames or one.
  draw(z = null, t = null) {
    for (const s of z === null ? this.store.study.order : [z]) {
      for (let f = 0; f < this.store.study.frames; f++) if (t === null || f === t) this.due.add(`${s} ${f}`);
    }
    if (this.asked) return;
    this.asked = requestAnimationFrame(() => this.#some());
  }

  // A part of what is due, so that a drag beside it stays smooth.
  #some() {
    this.asked = 0;
    const until = performance.now() + 6;
    for (const name of this.due) {
      this.due.delete(name);
      this.#cell(...name.split(" ").map(Number));
      if (performance.now() > until) break;
    }
    if (this.due.size) this.asked = requestAnimationFrame(() => this.#some());
  }

  #cell(z, t) {
    const { store, cell } = this, { box, spacing, order } = store.study, pen = this.canvas.getContext("2d");
    const [top, bottom, left, right] = box, k = order.indexOf(z);
    const wide = (right - left) * spacing[1], high = (bottom - top) * spacing[0], scale = (cell - 2) / Math.max(wide, high);
    const ox = t * cell + (cell - wide * scale) / 2, oy = k * cell + (cell - high * scale) / 2;
    pen.setTransform(this.sharp, 0, 0, this.sharp, 0, 0);
    pen.fillStyle = "#000";
    pen.fillRect(t * cell, k * cell, cell, cell);
    const frame = this.pixels.frames.get(t) ? this.pixels.picture(z, t) : null;
    const counts = !store.choices.no_slices.includes(z) && !store.choices.no_frames.includes(t);
    pen.globalAlpha = counts ? 1 : 0.3;
    if (frame) pen.drawImage(frame, left, top, right - left, bottom - top, ox, oy, wide * scale, high * scale);
    for (const side of SIDES) {
      const curve = store.contour(side, z, t);
      if (!curve) continue;
      pen.beginPath();
      for (let i = 0; i < curve.length; i += 2) {
        pen.lineTo(ox + (curve[i + 1] + 0.5 - left) * spacing[1] * scale, oy + (curve[i] + 0.5 - top) * spacing[0] * scale);
      }
      pen.closePath();
      pen.strokeStyle = COLOURS[side];
      pen.lineWidth = 1;
      pen.stroke();
    }
    pen.globalAlpha = 1;
    if (store.edited(z, t)) {
      pen.beginPath();
      pen.arc(t * cell + cell - 8, k * cell + 8, 3.5, 0, 7);
      pen.fillStyle = "#ffe08a";
      pen.fill();
    }
    if (!counts) {
      pen.beginPath();
      pen.moveTo(t * cell + 8, k * cell + 8); pen.lineTo((t + 1) * cell - 8, (k + 1) * cell - 8);
      pen.strokeStyle = "#ff8a80"; pen.lineWidth = 1.5; pen.stroke();
    }
  }

  // Where the reader is, and which frames are ED and ES.
  mark() {
    const { at, choices, study } = this.store, k = study.order.indexOf(at.z), { hinges, ...ends } = choices;
    const now = JSON.stringify([at, ends]);
    if (now === this.marked) return;
    this.marked = now;
    this.selected.style.transform = `translate(${at.t * this.cell}px, ${k * this.cell}px)`;
    [...this.heads.children].forEach((head, t) => {
      const phase = t === choices.ed ? "ED" : t === choices.es ? "ES" : "";
      head.textContent = phase ? `${t} ${phase}` : t;
      head.className = phase ? "phase" : "";
      head.classList.toggle("here", t === at.t);
      head.classList.toggle("out", choices.no_frames.includes(t));
    });
    [...this.sides.children].forEach((side, row) => {
      const z = study.order[row], ends = ["base", "apex"].filter((end) => choices[end]?.includes(z));
      side.textContent = this.clip ? "" : z;
      side.title = ends.join(", ");
      side.classList.toggle("here", z === at.z);
      side.classList.toggle("end", ends.length > 0);
      side.classList.toggle("out", choices.no_slices.includes(z));
    });
  }

  // Bring the current cell into sight.
  reveal() {
    const { at, study } = this.store, k = study.order.indexOf(at.z), c = this.cell, { box } = this;
    const x = at.t * c, y = k * c, wide = box.clientWidth - 40, high = box.clientHeight - 24;
    if (x < box.scrollLeft || x + c > box.scrollLeft + wide) box.scrollLeft = x - wide / 2 + c / 2;
    if (y < box.scrollTop || y + c > box.scrollTop + high) box.scrollTop = y - high / 2 + c / 2;
  }
}
