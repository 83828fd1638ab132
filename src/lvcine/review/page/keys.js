// Every action of the page, its key and its words: the buttons, the keyboard and the list of keys are made of it.

export function actions(page) {
  const { store, hands, panel } = page, view = () => page.active();
  const here = () => view().place();
  const phase = () => {
    const { t } = here();
    const found = t === store.ed ? "ed" : t === store.es ? "es" : null;
    if (!found) store.say("Base and apex are set at end-diastole or end-systole: Home and End go there.", true);
    return found;
  };
  const end = (name) => {
    const found = phase();
    if (found) store.correct({ do: "end", end: name, phase: found, z: here().z });
  };
  const paste = (cycle) => {
    const from = store.copied, { z, t } = here();
    if (!from) return store.say("Copy contours first: Ctrl+C.", true);
    store.correct({ do: "paste", z: from.z, t: from.t, to_z: z, to_t: t, cycle });
  };
  const level = (low, high) => {
    const [a, b] = store.window, range = store.study.window[1] - store.study.window[0];
    page.pixels.window(a + low * range / 20, b + high * range / 20);
  };
  const zoom = (by) => { view().camera.zoom = Math.min(20, Math.max(0.3, view().camera.zoom * by)); page.show(); };
  const stack = store.study.slices > 1, clip = store.study.clip;
  return [
    ["Moving about"],
    ["next", ["ArrowRight"], "next frame", () => page.step(1)],
    ["previous", ["ArrowLeft"], "frame before", () => page.step(-1)],
    ...(stack ? [
      ["up", ["ArrowUp"], "next slice towards the base", () => store.step(-1)],
      ["down", ["ArrowDown"], "next slice towards the apex", () => store.step(1)],
    ] : []),
    ["ed", ["Home"], "go to end-diastole", () => store.go({ t: store.ed })],
    ["es", ["End"], "go to end-systole", () => store.go({ t: store.es })],
    ["play", [" "], "play or pause", () => page.play()],
    ["finding", ["n"], "next finding", () => panel.jump(1)],
    ["finding-back", ["N"], "finding before", () => panel.jump(-1)],
    ["Looking"],
    ["pair", ["v"], "end-diastole and end-systole side by side", () => page.pair()],
    ...(store.study.other ? [["other", ["p"], `the other plane, ${store.study.other.view}`, () => page.other()]] : []),
    ["contours", ["o"], "hide or show the contours", () => store.set({ shown: !store.shown })],
    ["zoom-in", ["+", "="], "closer", () => zoom(1.2)],
    ["zoom-out", ["-"], "farther", () => zoom(1 / 1.2)],
    ["zoom-fit", ["0"], "the whole ventricle", () => { view().camera.reset(); page.show(); }],
    ["darker", ["["], "darker", () => level(1, 1)],
    ["brighter", ["]"], "brighter", () => level(-1, -1)],
    ["softer", ["{"], "less contrast", () => level(-1, 1)],
    ["harder", ["}"], "more contrast", () => level(1, -1)],
    ["window-reset", ["\\"], "brightness and contrast as at first", () => page.pixels.window(...store.study.window)],
    ["Correcting"],
    ["handles", ["1"], "handles: drag; Shift grows the contour, Alt moves it", () => store.set({ tool: "handles" })],
    ["push", ["2"], "push with a round tool", () => store.set({ tool: "push" })],
    ["draw", ["3"], "draw anew", () => store.set({ tool: "draw" })],
    ["side", ["x"], "the other contour: endocardium, epicardium", () => store.set({ side: store.side === "endo" ? "epi" : "endo" })],
    ["smaller", [","], "smaller round tool", () => page.resize(1 / 1.25)],
    ["larger", ["."], "larger round tool", () => page.resize(1.25)],
    ["handle", ["h"], "choose the next handle", () => page.choose(1)],
    ["handle-back", ["H"], "choose the handle before", () => page.choose(-1)],
    ["nudge-up", ["Alt+ArrowUp"], "move the chosen handle by half a pixel, up", () => hands.nudge(view(), -1, 0)],
    ["nudge-down", ["Alt+ArrowDown"], "… down", () => hands.nudge(view(), 1, 0)],
    ["nudge-left", ["Alt+ArrowLeft"], "… left", () => hands.nudge(view(), 0, -1)],
    ["nudge-right", ["Alt+ArrowRight"], "… right", () => hands.nudge(view(), 0, 1)],
    ["grow", ["g"], "the contour half a millimetre larger", () => hands.grow(view(), 0.5)],
    ["shrink", ["G"], "half a millimetre smaller", () => hands.grow(view(), -0.5)],
    ["carry", ["c"], "carry the corrections of this frame to its neighbours, fading", () => store.correct({ do: "carry", ...here(), reach: store.reach })],
    ["reach-less", ["("], "carry to fewer frames", () => page.reach(-1)],
    ["reach-more", [")"], "carry to more frames", () => page.reach(1)],
    ["copy", ["Ctrl+c"], "copy the contours here", () => { store.copied = here(); store.say(`copied: slice ${here().z} frame ${here().t}`); }],
    ["paste", ["Ctrl+v"], "paste them here", () => paste(false)],
    ["paste-cycle", ["Ctrl+V"], "paste the copied slice's contours in all frames", () => paste(true)],
    ["delete", ["Delete"], "delete the contours here", () => store.correct({ do: "delete", ...here(), side: "both" })],
    ["delete-cycle", ["Shift+Delete"], "delete this slice's contours in all frames", () => store.correct({ do: "delete", z: here().z, t: null, side: "both" })],
    ["Deciding"],
    ["set-ed", ["d"], "this frame is end-diastole", () => store.correct({ do: "phase", phase: "ed", t: here().t })],
    ["set-es", ["s"], "this frame is end-systole", () => store.correct({ do: "phase", phase: "es", t: here().t })],
    ...(stack ? [
      ["base", ["b"], "this slice is the most basal one, at ED or ES", () => end("base")],
      ["apex", ["a"], "this slice is the most apical one, at ED or ES", () => end("apex")],
      ["ends", ["e"], "base and apex as they were found", () => store.correct({ do: "clear-ends" })],
      ["exclude-slice", ["q"], "exclude this slice, or take it back", () => store.correct({ do: "slice", z: here().z })],
    ] : []),
    ["exclude-frame", ["w"], "exclude this frame, or take it back", () => store.correct({ do: "frame", t: here().t })],
    ...(clip ? [] : [
      ["papillary", ["m"], "papillary muscles with the cavity or with the myocardium", () => store.correct({ do: "papillary", to: store.choices.papillary === "include" ? "exclude" : "include" })],
      ["insertion", ["i"], "the next click is the anterior RV insertion", () => { hands.placing = true; store.say("Click on the anterior insertion of the RV (Escape: not now)."); }],
    ]),
    ["Keeping"],
    ["undo", ["Ctrl+z"], "undo", () => store.ask("undo")],
    ["redo", ["Ctrl+Z", "Ctrl+y"], "redo", () => store.ask("redo")],
    ["save", ["Ctrl+s"], "save: masks, contours, report of the corrected result", () => page.save()],
    ["help", ["?"], "these keys", () => page.help()],
    ["leave", ["Escape"], "not now; close this list", () => { hands.placing = false; }],
  ];
}

// The name of a key as pressed: modifiers, then the key as it is typed.
export function pressed(event) {
  const command = event.ctrlKey || event.metaKey, named = event.key.length > 1;
  const shift = event.shiftKey && (named || command);
  const letter = command && shift && !named ? event.key.toUpperCase() : event.key;
  return (command ? "Ctrl+" : "") + (event.altKey ? "Alt+" : "") + (shift && named ? "Shift+" : "") + letter;
}

const SHOWN = { " ": "Space", ArrowRight: "→", ArrowLeft: "←", ArrowUp: "↑", ArrowDown: "↓" };

export function shown(key) {
  const parts = key === "+" ? ["+"] : key.split("+"), last = parts.pop();
  const capital = last.length === 1 && last !== last.toLowerCase();
  return [...parts, ...(capital ? ["Shift"] : []), SHOWN[last] ?? (capital || parts.length && last.length === 1 ? last.toUpperCase() : last)].join("+");
}

export function keyList(all, dialog) {
  const close = document.createElement("button");
  close.textContent = "Close";
  close.onclick = () => dialog.close();
  const columns = document.createElement("div");
  columns.className = "key-columns";
  let list = null;
  for (const [name, keys, words] of all) {
    if (!keys) {
      const group = document.createElement("section"), head = document.createElement("h3");
      head.textContent = name;
      list = document.createElement("dl");
      group.append(head, list);
      columns.append(group);
      continue;
    }
    const term = document.createElement("dt"), text = document.createElement("dd");
    for (const key of keys) {
      const cap = document.createElement("kbd");
      cap.textContent = shown(key);
      term.append(cap, " ");
    }
    text.textContent = words;
    list.append(term, text);
  }
  const mouse = document.createElement("p");
  mouse.className = "note";
  mouse.textContent = "Wheel: slices. Shift+wheel: frames. Ctrl+wheel: zoom. Right button: brightness and contrast. Drag beside a contour: move the picture.";
  dialog.replaceChildren(close, columns, mouse);
}
