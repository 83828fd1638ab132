// Pictures as the server sends them, and as they are shown: fetched as needed, windowed on this side.
import * as api from "./api.js";

const MOST_PIXELS = 48e6; // of pictures that are kept ready to be drawn

export class Pixels {
  constructor(store, ready) {
    this.store = store;
    this.ready = ready;
    this.frames = new Map();
    this.asked = new Set();
    this.shown = new Map();
    this.#look();
  }

  // All frames, from the current one on, a few at a time.
  async prefetch() {
    const { frames } = this.store.study, first = this.store.at.t;
    const order = [...Array(frames).keys()].map((k) => (first + k) % frames);
    const worker = async () => { while (order.length) await this.#fetch(order.shift()); };
    await Promise.all([worker(), worker(), worker()]);
  }

  window(low, high) {
    this.store.window = [low, Math.max(high, low + 1)];
    this.#look();
    this.shown.clear();
    this.ready(null);
  }

  // The picture of a slice and frame as a canvas of its own size; null while it is on its way.
  picture(z, t) {
    const name = `${z} ${t}`, kept = this.shown.get(name);
    if (kept) return kept;
    const frame = this.frames.get(t);
    if (!frame) { this.#fetch(t); return null; }
    const { rows, columns } = this.store.study, size = rows * columns;
    const canvas = new OffscreenCanvas(columns, rows), pen = canvas.getContext("2d");
    const image = pen.createImageData(columns, rows), out = new Uint32Array(image.data.buffer);
    for (let i = 0, at = z * size; i < size; i++, at++) out[i] = this.table[frame[at]];
    pen.putImageData(image, 0, 0);
    if (this.shown.size * size > MOST_PIXELS) this.shown.delete(this.shown.keys().next().value);
    this.shown.set(name, canvas);
    return canvas;
  }

  async #fetch(t) {
    if (this.asked.has(t)) return;
    this.asked.add(t);
    try {
      this.frames.set(t, await api.frame(t));
      this.ready(t);
    } catch {
      this.asked.delete(t); // asked for again when it is looked at
    }
  }

  #look() {
    const [low, high] = this.store.window, top = Math.ceil(this.store.study.top);
    this.table = new Uint32Array(Math.max(top, 255) + 1);
    for (let v = 0; v < this.table.length; v++) {
      const grey = Math.max(0, Math.min(255, Math.round(255 * (v - low) / (high - low))));
      this.table[v] = (255 << 24 | grey << 16 | grey << 8 | grey) >>> 0;
    }
  }
}
