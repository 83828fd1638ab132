// Numbers, findings, bull's-eye and long axes beside the picture.
import * as api from "./api.js";

const at = (id) => document.getElementById(id);

function element(name, text, kind) {
  const made = document.createElement(name);
  if (text !== undefined) made.textContent = text;
  if (kind) made.className = kind;
  return made;
}

// An SVG drawing that the server made, as elements.
function drawing(text) {
  return document.importNode(new DOMParser().parseFromString(text, "text/html").querySelector("svg"), true);
}

export class Panel {
  constructor(store) {
    this.store = store;
    this.found = -1;
    at("exports").append(...[
      ["contours.json", "contours as JSON"],
      ["segmentation.nii.gz", "masks as NIfTI"],
      ["contours.cvi42wsx", "contours as cvi42 XML"],
    ].map(([file, words]) => {
      const link = element("a", words);
      link.href = `api/export/${file}`;
      link.download = file;
      const item = element("li");
      item.append(link);
      return item;
    }));
    at("long-axis-box").addEventListener("toggle", () => this.#longAxis());
  }

  // While a contour is being dragged the numbers alone follow; what else there is, when it is let go.
  draw(dragging = false) {
    const { numbers, choices, study } = this.store;
    at("no-numbers").hidden = !numbers.error;
    at("no-numbers").textContent = numbers.error ?? "";
    at("convention").textContent = study.clip ? ""
      : `papillary muscles with the ${choices.papillary === "include" ? "cavity" : "myocardium"}`;
    at("numbers").tBodies[0].replaceChildren(...numbers.lines.map((line) => this.#line(line)));
    if (dragging) return;
    at("note").textContent = numbers.note;
    const findings = JSON.stringify(numbers.findings);
    if (findings !== this.findings) this.#findings(numbers.findings);
    this.findings = findings;
    at("eye-box").hidden = !numbers.eye;
    if (numbers.eye && numbers.eye !== this.eye) at("eye").replaceChildren(drawing(numbers.eye));
    this.eye = numbers.eye;
    at("long-axis-box").hidden = study.clip;
    this.#longAxis();
  }

  #line(line) {
    const row = element("tr", undefined, line.edited ? "edited" : "");
    row.dataset.name = line.short;
    const head = element("th", line.short);
    head.scope = "row";
    if (line.label !== line.short) head.title = line.label;
    const now = element("td", undefined, "num");
    now.append(element("strong", line.now), ` ${line.now === "–" ? "" : line.unit}`);
    if (line.edited) now.append(element("small", "edited", "tag"));
    else if (line.interval) now.append(element("small", `90 %: ${line.interval}`));
    if (line.index) now.append(element("small", line.index));
    const range = element("td", undefined, "range");
    range.append(...line.ranges.map((text) => element("span", text)));
    if (line.verdict && line.verdict !== "within") range.append(element("em", line.verdict === "above" ? "▲ above" : "▼ below"));
    row.append(head, element("td", line.before, "num was"), now, range);
    return row;
  }

  #findings(all) {
    const focused = [...at("findings").querySelectorAll("a")].indexOf(document.activeElement);
    this.places = [];
    at("findings").replaceChildren(...all.map((finding) => {
      const item = element("li", undefined, finding.severity), text = element("p");
      text.append(element("b", `${finding.severity}: `));
      let done = 0;
      for (const [start, end, z, t] of finding.places) {
        text.append(finding.text.slice(done, start));
        const link = element("a", finding.text.slice(start, end), "place");
        link.href = "#";
        link.onclick = (event) => { event.preventDefault(); this.store.go({ z: z ?? undefined, t: t ?? undefined }); };
        this.places.push(link);
        text.append(link);
        done = end;
      }
      text.append(finding.text.slice(done));
      if (finding.advice) text.append(element("span", ` ${finding.advice}`, "advice"));
      item.append(text);
      return item;
    }));
    if (!all.length) at("findings").append(element("li", "None. Contours and curve are still to be looked at."));
    if (focused >= 0) this.places[focused]?.focus();
  }

  // The place that the next finding names, or the one before.
  jump(by) {
    if (!this.places.length) return;
    this.found = (this.found + by + this.places.length) % this.places.length;
    if (this.found < 0) this.found = 0;
    this.places[this.found].click();
    this.places[this.found].scrollIntoView({ block: "nearest" });
    this.places.forEach((link, k) => link.classList.toggle("here", k === this.found));
  }

  async #longAxis() {
    if (!at("long-axis-box").open || this.asking || this.seen === this.store.revision) return;
    this.asking = true;
    try {
      const revision = this.store.revision, views = await api.get("long-axis");
      this.seen = revision;
      at("long-axis").replaceChildren(...views.map(({ caption, svg }) => {
        const figure = element("figure");
        figure.append(drawing(svg), element("figcaption", caption));
        return figure;
      }));
      if (!views.length) at("long-axis").replaceChildren(element("p", "The scan has no long-axis cine whose place is known.", "note"));
    } finally { this.asking = false; }
  }
}
