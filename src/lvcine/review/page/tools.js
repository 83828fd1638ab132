// Correcting by mouse, pen or finger: handles, a round tool that pushes, drawing anew; and moving the picture.
import * as curves from "./curves.js";
import { SIDES } from "./store.js";

export const TOOLS = [
  ["handles", "Handles", "drag a handle; with Shift the whole contour grows, with Alt it moves"],
  ["push", "Push", "a round tool pushes the contour; , and . change its size"],
  ["draw", "Draw", "draw the contour anew in one go"],
];
const GRIP = { mouse: 11, pen: 14, touch: 24 };

export class Hands {
  constructor(store, views, show) {
    Object.assign(this, { store, views, show });
    this.holding = null;
    this.placing = false; // the next click is the RV insertion
    this.frameTimes = [];
  }

  attach(view) {
    const on = (name, what) => view.top.addEventListener(name, what);
    on("pointerdown", (event) => this.#down(view, event));
    on("pointermove", (event) => this.#move(view, event));
    on("pointerup", () => this.#up(view));
    on("pointercancel", () => this.#up(view));
    on("pointerleave", () => { view.brush = null; view.drawOver(); });
    on("contextmenu", (event) => event.preventDefault());
    on("wheel", (event) => this.#wheel(view, event));
  }

  #point(view, event) {
    const box = view.top.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  }

  #down(view, event) {
    if (this.holding) return;
    view.top.focus({ preventScroll: true });
    view.top.setPointerCapture(event.pointerId);
    const screen = this.#point(view, event), at = view.toScan(...screen), { z, t } = view.place();
    const { camera } = view;
    this.store.go({ z, t });
    if (event.button === 2) {
      const [low, high] = this.store.window;
      this.holding = { kind: "window", screen, low, high };
    } else if (event.button === 1 || this.space) {
      this.holding = { kind: "pan", screen, y: camera.y, x: camera.x };
    } else if (this.placing) {
      this.placing = false;
      this.store.correct({ do: "insertion", y: at[0], x: at[1], z });
    } else {
      this.holding = this.#grip(view, event, screen, at, z, t)
        ?? { kind: "pan", screen, y: camera.y, x: camera.x };
    }
    event.preventDefault();
  }

  // What the pointer has hold of; nothing: the picture is moved.
  #grip(view, event, screen, at, z, t) {
    const { store } = this, near = GRIP[event.pointerType] ?? GRIP.mouse, { spacing } = store.study;
    const gesture = crypto.randomUUID();
    const hinge = this.#hinge(view, screen, t, near);
    if (hinge !== null) return { kind: "hinge", hinge, t, gesture };
    const own = store.contour(store.side, z, t);
    if (store.tool === "draw") {
      view.line = [...at];
      return { kind: "draw", z, t, gesture };
    }
    if (!own && !SIDES.some((side) => store.contour(side, z, t))) return null;
    if (store.tool === "push") {
      if (!own) return null;
      const start = curves.editable(own, spacing), away = curves.distance(start, ...at, spacing);
      const radius = Math.min(store.radius, Math.max(away, 0.5)); // nothing jumps when the tool is put down
      view.brush = { at, radius };
      return { kind: "push", z, t, gesture, curve: start, at, radius };
    }
    const start = own && curves.editable(own, spacing);
    if (start && (event.shiftKey || event.altKey)) {
      if (curves.distance(start, ...at, spacing) * this.#perMm(view) <= 2 * near) {
        return { kind: event.altKey ? "move" : "grow", z, t, gesture, start, at };
      }
    }
    const index = start ? this.#nearest(view, start, screen, near) : -1;
    if (index >= 0) return { kind: "bend", z, t, gesture, start, index, at };
    for (const side of SIDES) {
      const other = store.contour(side, z, t);
      if (side !== store.side && other && curves.distance(other, ...at, spacing) * this.#perMm(view) <= near) {
        store.set({ side });
        return this.#grip(view, event, screen, at, z, t);
      }
    }
    return null;
  }

  #perMm(view) {
    const [, sx] = view.camera.scale(view.width, view.height);
    return sx / this.store.study.spacing[1];
  }

  #nearest(view, curve, screen, near) {
    let best = -1, least = near;
    for (const i of curves.handles(curve, this.store.study.spacing)) {
      const [x, y] = view.toScreen(curve[2 * i], curve[2 * i + 1]), d = Math.hypot(x - screen[0], y - screen[1]);
      if (d <= least) { least = d; best = i; }
    }
    return best;
  }

  #hinge(view, screen, t, near) {
    const pair = this.store.choices.hinges[t];
    if (!pair) return null;
    for (const k of [0, 1]) {
      const [x, y] = view.toScreen(pair[2 * k], pair[2 * k + 1]);
      if (Math.hypot(x - screen[0], y - screen[1]) <= near) return k;
    }
    return null;
  }

  #move(view, event) {
    const { store } = this, held = this.holding, screen = this.#point(view, event), at = view.toScan(...screen);
    if (!held) {
      if (store.tool === "push") { view.brush = { at, radius: store.radius }; view.drawOver(); }
      return;
    }
    const { spacing } = store.study, side = store.side;
    if (held.kind === "pan") {
      const [sy, sx] = view.camera.scale(view.width, view.height);
      view.camera.y = held.y - (screen[1] - held.screen[1]) / sy;
      view.camera.x = held.x - (screen[0] - held.screen[0]) / sx;
      return this.show();
    }
    if (held.kind === "window") return this.#window(held, screen);
    if (held.kind === "draw") {
      view.line.push(...at);
      return view.drawOver();
    }
    if (held.kind === "hinge") {
      const pair = [...store.choices.hinges[held.t]];
      pair[2 * held.hinge] = at[0]; pair[2 * held.hinge + 1] = at[1];
      store.choices.hinges[held.t] = pair;
      view.drawOver();
      return store.correct({ do: "hinge", t: held.t, points: pair }, held.gesture);
    }
    const dy = at[0] - held.at[0], dx = at[1] - held.at[1];
    let curve = null;
    if (held.kind === "bend") curve = curves.bent(held.start, held.index, dy, dx, spacing);
    else if (held.kind === "move") curve = curves.moved(held.start, dy, dx);
    else if (held.kind === "grow") curve = curves.grown(held.start, this.#outwards(held, at), spacing);
    else if (held.kind === "push") curve = this.#push(view, held, at);
    if (curve) this.#dragged(held, side, curve);
  }

  // By how many mm the pointer went away from the contour's middle.
  #outwards(held, at) {
    const [sy, sx] = this.store.study.spacing, [cy, cx] = curves.centre(held.start);
    const far = (p) => Math.hypot((p[0] - cy) * sy, (p[1] - cx) * sx);
    return far(at) - far(held.at);
  }

  #push(view, held, at) {
    const { spacing } = this.store.study;
    const long = Math.hypot((at[0] - held.at[0]) * spacing[0], (at[1] - held.at[1]) * spacing[1]);
    const steps = Math.max(1, Math.ceil(long / (held.radius / 4)));
    let curve = held.curve;
    for (let k = 1; k <= steps; k++) {
      const y = held.at[0] + k / steps * (at[0] - held.at[0]), x = held.at[1] + k / steps * (at[1] - held.at[1]);
      curve = curves.evened(curves.pushed(curve, y, x, held.radius, spacing), spacing);
    }
    const touched = curve !== held.curve;
    held.curve = curve;
    held.at = at;
    view.brush = { at, radius: held.radius };
    if (!touched) view.drawOver();
    return touched ? curve : null;
  }

  #dragged(held, side, curve) {
    held.moved = true;
    this.store.drag(side, held.z, held.t, curve, held.gesture);
  }

  #window(held, screen) {
    const range = this.store.study.window[1] - this.store.study.window[0];
    const width = Math.max(range / 100, held.high - held.low + (screen[0] - held.screen[0]) / 250 * range);
    const level = (held.low + held.high) / 2 + (screen[1] - held.screen[1]) / 250 * range;
    this.rewindow?.(level - width / 2, level + width / 2);
  }

  #up(view) {
    const held = this.holding;
    this.holding = null;
    view.brush = null;
    if (held?.kind === "draw") this.#drawn(view, held);
    else if (held?.moved) this.store.drop();
    view.drawOver();
  }

  #drawn(view, held) {
    const line = view.line, { spacing } = this.store.study;
    view.line = null;
    if (line.length < 16) return;
    const curve = curves.calmed(curves.resampled(line, 128, spacing));
    this.store.drag(this.store.side, held.z, held.t, curve, held.gesture);
    this.store.drop();
  }

  #wheel(view, event) {
    event.preventDefault();
    const by = Math.sign(event.deltaY || event.deltaX);
    if (event.ctrlKey) {
      const screen = this.#point(view, event), at = view.toScan(...screen);
      view.camera.zoom = Math.min(20, Math.max(0.3, view.camera.zoom * (by > 0 ? 1 / 1.15 : 1.15)));
      const now = view.toScan(...screen);
      view.camera.y += at[0] - now[0]; view.camera.x += at[1] - now[1];
      this.show();
    } else if (event.shiftKey || this.store.study.slices === 1) this.store.go({ t: this.store.at.t + by });
    else this.store.step(by);
  }

  // The handle that was chosen by key is moved by half a pixel.
  nudge(view, dy, dx) {
    const { store } = this, { z, t } = view.place(), own = store.contour(store.side, z, t);
    if (!own) return;
    const start = curves.editable(own, store.study.spacing), all = curves.handles(start, store.study.spacing);
    if (view.handle < 0) view.handle = 0;
    store.drag(store.side, z, t, curves.bent(start, all[view.handle % all.length], dy / 2, dx / 2, store.study.spacing), crypto.randomUUID());
    store.drop();
  }

  grow(view, mm) {
    const { store } = this, { z, t } = view.place(), own = store.contour(store.side, z, t);
    if (!own) return;
    store.drag(store.side, z, t, curves.grown(curves.editable(own, store.study.spacing), mm, store.study.spacing), crypto.randomUUID());
    store.drop();
  }
}
