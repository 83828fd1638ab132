// Closed curves as flat arrays y, x, y, x ... in pixels. Distances are in mm, by the spacing of rows and columns.

export const HANDLES = 12;
const MOST = 256; // points of a curve that is edited
const REACH = 1.6; // of a handle, in distances between handles

export function count(curve) { return curve.length / 2; }

function lengths(curve, spacing) {
  const n = count(curve), along = new Float64Array(n + 1);
  for (let i = 0; i < n; i++) {
    const j = (i + 1) % n;
    along[i + 1] = along[i] + Math.hypot(
      (curve[2 * j] - curve[2 * i]) * spacing[0], (curve[2 * j + 1] - curve[2 * i + 1]) * spacing[1]);
  }
  return along;
}

// The same curve at n points at equal distances along it.
export function resampled(curve, n, spacing) {
  const along = lengths(curve, spacing), total = along[along.length - 1], m = count(curve);
  const out = new Float64Array(2 * n);
  for (let k = 0, i = 0; k < n; k++) {
    const at = k * total / n;
    while (i < m - 1 && along[i + 1] < at) i++;
    const step = along[i + 1] - along[i], share = step > 0 ? (at - along[i]) / step : 0, j = (i + 1) % m;
    out[2 * k] = curve[2 * i] + share * (curve[2 * j] - curve[2 * i]);
    out[2 * k + 1] = curve[2 * i + 1] + share * (curve[2 * j + 1] - curve[2 * i + 1]);
  }
  return out;
}

// Ready to be edited: not more points than are needed, the same line.
export function editable(curve, spacing) {
  return count(curve) > MOST ? resampled(curve, MOST, spacing) : Float64Array.from(curve);
}

// Indices of points that serve as handles.
export function handles(curve, spacing) {
  const along = lengths(curve, spacing), total = along[along.length - 1], n = count(curve), found = [];
  for (let k = 0, i = 0; k < HANDLES; k++) {
    while (i < n - 1 && along[i] < k * total / HANDLES) i++;
    found.push(i);
  }
  return found;
}

export function centre(curve) {
  let area = 0, cy = 0, cx = 0;
  const n = count(curve), y0 = curve[0], x0 = curve[1];
  for (let i = 0; i < n; i++) {
    const j = (i + 1) % n;
    const ay = curve[2 * i] - y0, ax = curve[2 * i + 1] - x0, by = curve[2 * j] - y0, bx = curve[2 * j + 1] - x0;
    const cross = ax * by - bx * ay;
    area += cross; cy += (ay + by) * cross; cx += (ax + bx) * cross;
  }
  return Math.abs(area) < 1e-9 ? [y0, x0] : [y0 + cy / (3 * area), x0 + cx / (3 * area)];
}

// One point is moved, those about it along the curve follow less and less.
export function bent(curve, index, dy, dx, spacing) {
  const along = lengths(curve, spacing), n = count(curve), total = along[n];
  const reach = REACH * total / HANDLES, out = Float64Array.from(curve);
  for (let i = 0; i < n; i++) {
    const apart = Math.abs(along[i] - along[index]), d = Math.min(apart, total - apart);
    if (d >= reach) continue;
    const weight = 0.5 + 0.5 * Math.cos(Math.PI * d / reach);
    out[2 * i] += weight * dy;
    out[2 * i + 1] += weight * dx;
  }
  return out;
}

export function moved(curve, dy, dx) {
  return Float64Array.from(curve, (v, k) => v + (k % 2 ? dx : dy));
}

// Every point by so many mm away from the middle, or towards it.
export function grown(curve, mm, spacing) {
  const [cy, cx] = centre(curve), out = Float64Array.from(curve);
  for (let i = 0; i < out.length; i += 2) {
    const y = (out[i] - cy) * spacing[0], x = (out[i + 1] - cx) * spacing[1], r = Math.hypot(y, x);
    const factor = Math.max(0.5, r + mm) / Math.max(r, 1e-6);
    out[i] = cy + (out[i] - cy) * factor;
    out[i + 1] = cx + (out[i + 1] - cx) * factor;
  }
  return out;
}

// Points within a disc are pushed to its edge.
export function pushed(curve, y, x, radius, spacing) {
  const out = Float64Array.from(curve);
  let touched = false;
  for (let i = 0; i < out.length; i += 2) {
    const dy = (out[i] - y) * spacing[0], dx = (out[i + 1] - x) * spacing[1], d = Math.hypot(dy, dx);
    if (d >= radius) continue;
    touched = true;
    const far = d > 1e-6 ? radius / d : 0;
    out[i] = y + (far ? dy * far : radius) / spacing[0];
    out[i + 1] = x + dx * far / spacing[1];
  }
  return touched ? out : curve;
}

// Pushing pulls points apart: even distances again, where they have become uneven.
export function evened(curve, spacing) {
  const along = lengths(curve, spacing), n = count(curve), total = along[n];
  let longest = 0;
  for (let i = 0; i < n; i++) longest = Math.max(longest, along[i + 1] - along[i]);
  if (longest <= 2 * total / n) return curve;
  return resampled(curve, Math.max(64, Math.min(MOST, Math.round(total / 1.0))), spacing);
}

// The hand's tremor taken out without making the curve smaller (Taubin 1995, doi:10.1145/218380.218473).
export function calmed(curve, rounds = 10) {
  let now = Float64Array.from(curve);
  const n = count(now);
  for (let k = 0; k < 2 * rounds; k++) {
    const factor = k % 2 ? -0.53 : 0.5, next = new Float64Array(2 * n);
    for (let i = 0; i < 2 * n; i++) {
      const before = now[(i - 2 + 2 * n) % (2 * n)], after = now[(i + 2) % (2 * n)];
      next[i] = now[i] + factor * ((before + after) / 2 - now[i]);
    }
    now = next;
  }
  return now;
}

// The distance in mm from a point to a curve.
export function distance(curve, y, x, spacing) {
  let best = Infinity;
  const n = count(curve);
  for (let i = 0; i < n; i++) {
    const j = (i + 1) % n;
    const ay = (curve[2 * i] - y) * spacing[0], ax = (curve[2 * i + 1] - x) * spacing[1];
    const by = (curve[2 * j] - y) * spacing[0] - ay, bx = (curve[2 * j + 1] - x) * spacing[1] - ax;
    const long = by * by + bx * bx, share = long > 0 ? Math.min(1, Math.max(0, -(ay * by + ax * bx) / long)) : 0;
    best = Math.min(best, Math.hypot(ay + share * by, ax + share * bx));
  }
  return best;
}
