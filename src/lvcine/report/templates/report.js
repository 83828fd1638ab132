"use strict";
(() => {
  const data = JSON.parse(document.getElementById("player-data").textContent);
  const at = (id) => document.getElementById(id);
  const [width, height] = data.tile;
  const count = data.frames.length;
  const images = data.frames.map((source) => { const image = new Image(); image.src = source; return image; });
  const cursors = [...document.querySelectorAll(".cursor")]
    .map((line) => ({ line, places: line.dataset.x.split(",") }));
  const sides = [["endo", "#e69f00"], ["epi", "#56b4e9"]];
  // As many columns as fill the rows best, four to six of them.
  const alone = data.slices === 1;  // a clip has the width to itself, and no number
  const columns = data.slices <= 6 ? data.slices : [6, 5, 4].reduce((best, n) => (-data.slices % n + n) % n < (-data.slices % best + best) % best ? n : best);
  let frame = data.ed, playing = false, due = 0;

  at("tiles").classList.toggle("alone", alone);
  at("tiles").style.setProperty("--columns", columns);
  at("tiles").style.setProperty("--narrow", columns <= 3 ? columns : data.slices % 3 && !(data.slices % 2) ? 2 : 3);
  const tiles = data.order.map((z, place) => {
    const tile = document.createElement("div");
    const canvas = document.createElement("canvas");
    const label = document.createElement("span");
    tile.className = "tile";
    tile.tabIndex = 0;
    tile.setAttribute("role", "button");
    tile.setAttribute("aria-label", "Slice " + z + ", enlarge");
    label.textContent = alone ? "" : z;
    tile.dataset.slice = z;
    tile.append(canvas, label);
    if (place === 0) mark(tile);
    tile.onclick = () => tile.classList.toggle("large", !alone && !tile.classList.contains("large"));
    tile.onkeydown = (event) => { if (event.key === "Enter") tile.click(); };
    at("tiles").append(tile);
    return { tile, canvas, z, place };
  });

  // Sides of the patient and a scale bar, on the first tile: all are the same way round and of one size.
  function mark(tile) {
    for (const [edge, letters] of Object.entries(data.edges)) {
      const span = document.createElement("span");
      span.className = "edge " + edge;
      span.textContent = letters;
      tile.append(span);
    }
    if (!data.bar) return;
    const bar = document.createElement("span");
    bar.className = "bar";
    bar.style.width = 100 * data.bar[0] + "%";
    bar.textContent = data.bar[1];
    tile.append(bar);
  }

  function fit({ tile, canvas }) {
    const sharp = window.devicePixelRatio || 1;
    canvas.width = Math.max(1, Math.round(tile.clientWidth * sharp));
    canvas.height = Math.max(1, Math.round(canvas.width * height * data.aspect / width));
  }

  function outline(pen, line, sx, sy) {
    if (!line) return;
    pen.beginPath();
    for (let i = 0; i < line.length; i += 2) pen.lineTo(line[i] * sx, line[i + 1] * sy);
    pen.closePath();
    pen.stroke();
  }

  function draw({ canvas, z, place }) {
    const pen = canvas.getContext("2d");
    const image = images[frame];
    const x = (place % data.columns) * width, y = Math.floor(place / data.columns) * height;
    pen.imageSmoothingQuality = "high";
    if (image.complete && image.naturalWidth) {
      pen.drawImage(image, x, y, width, height, 0, 0, canvas.width, canvas.height);
    }
    const sx = canvas.width / width / data.subpixel, sy = canvas.height / height / data.subpixel;
    pen.lineWidth = Math.min(3, Math.max(1.2, canvas.width / 170));
    for (const [side, colour] of sides) {
      pen.strokeStyle = colour;
      if (at(side).checked) outline(pen, data[side][z][frame], sx, sy);
    }
  }

  function show() {
    tiles.forEach(draw);
    at("frame").value = frame;
    const phase = frame === data.ed ? "  end-diastole" : frame === data.es ? "  end-systole" : "";
    const time = data.times ? ", " + data.times[frame] + " ms" : "";
    at("where").textContent = "frame " + frame + " (0–" + (count - 1) + ")" + time + phase;
    for (const { line, places } of cursors) {
      if (places[frame] === undefined) continue;
      line.setAttribute("x1", places[frame]);
      line.setAttribute("x2", places[frame]);
      line.style.visibility = "visible";
    }
  }

  function tick(now) {
    if (!playing) return;
    if (now >= due) {
      frame = (frame + 1) % count;
      show();
      due = now + data.step / Number(at("speed").value) - 4;
    }
    requestAnimationFrame(tick);
  }

  function play(on) {
    playing = on && count > 1;
    at("play").textContent = playing ? "Pause" : "Play";
    at("play").setAttribute("aria-pressed", String(playing));
    if (playing) requestAnimationFrame(tick);
  }

  function step(by) {
    play(false);
    frame = (frame + by + count) % count;
    show();
  }

  at("play").onclick = () => play(!playing);
  at("frame").oninput = (event) => { play(false); frame = Number(event.target.value); show(); };
  for (const side of ["endo", "epi"]) at(side).onchange = show;
  // A place that a finding names: its frame, and its slice enlarged.
  for (const link of document.querySelectorAll("a.place")) {
    link.onclick = () => {
      const { slice, frame: named } = link.dataset;
      play(false);
      if (named !== undefined) frame = Number(named);
      for (const { tile, z } of tiles) {
        const here = slice !== undefined && z === Number(slice);
        tile.classList.toggle("shown", here);
        if (slice !== undefined) tile.classList.toggle("large", here && !alone);
      }
      show();
    };
  }
  document.addEventListener("keydown", (event) => {
    if (["INPUT", "SELECT", "BUTTON"].includes(event.target.tagName)) return;
    if (event.key === "ArrowRight") step(1);
    else if (event.key === "ArrowLeft") step(-1);
    else if (event.key === " ") { event.preventDefault(); play(!playing); }
  });
  const resized = new ResizeObserver(() => { tiles.forEach(fit); show(); });
  tiles.forEach(({ tile }) => resized.observe(tile));
  tiles.forEach(fit);
  Promise.all(images.map((image) => image.decode().catch(() => undefined))).then(() => {
    show();
    play(!window.matchMedia("(prefers-reduced-motion: reduce)").matches);
  });
})();
