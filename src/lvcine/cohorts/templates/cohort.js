"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const at = id => document.getElementById(id);
  const n = data.label.length, perPage = 60;
  const [edv, , ef] = data.numbers;
  const heads = [["Study", i => data.label[i]], ["Status", i => data.status[i]],
    ...(data.group.some(name => name) ? [["Group", i => data.group[i]]] : []),
    ["Sex", i => data.sex[i]], ["Age", i => data.age[i], 0],
    ["EDV (mL)", i => data.numbers[0][i], 1], ["ESV (mL)", i => data.numbers[1][i], 1],
    ["EF (%)", i => data.numbers[2][i], 1], ["Mass (g)", i => data.numbers[3][i], 1],
    ["Findings", i => data.findings[i].length]];
  const last = heads.length - 1;
  const order = { by: -1, down: false };
  let shown = [], page = 0;

  const report = i => data.status[i] === "done" ? `studies/${encodeURIComponent(data.label[i])}/report.html` : null;
  const text = value => value === null || value === undefined || value === "" ? "–" : String(value);
  const number = (value, decimals = 1) => value === null || value === undefined ? "–" : value.toFixed(decimals);
  const make = (tag, content, attributes = {}) => {
    const node = document.createElement(tag);
    Object.entries(attributes).forEach(([k, v]) => node.setAttribute(k, v));
    if (content !== null) node.textContent = content;
    return node;
  };

  function choose() {
    const words = at("search").value.trim().toLowerCase(), status = at("status").value;
    const code = at("code").value === "" ? -1 : Number(at("code").value);
    shown = [];
    for (let i = 0; i < n; i++) {
      if (status && data.status[i] !== status) continue;
      if (code >= 0 && !data.findings[i].includes(code)) continue;
      if (words && !data.label[i].toLowerCase().includes(words) && !data.group[i].toLowerCase().includes(words)) continue;
      shown.push(i);
    }
    if (order.by >= 0) {
      const of = heads[order.by][1], sign = order.down ? -1 : 1;
      shown.sort((a, b) => {
        const x = of(a), y = of(b);
        if (x === null || y === null) return (x === null) - (y === null);
        return sign * (x < y ? -1 : x > y ? 1 : 0);
      });
    }
    page = 0;
    draw();
  }

  function draw() {
    const first = page * perPage, some = shown.slice(first, first + perPage);
    at("shown").textContent = `${shown.length} of ${n} studies`;
    at("page").textContent = shown.length ? `${first + 1} to ${first + some.length}` : "none";
    at("back").disabled = page === 0;
    at("on").disabled = first + perPage >= shown.length;
    at("back").hidden = at("on").hidden = shown.length <= perPage;
    at("contact").replaceChildren(...(at("sheet").checked ? some.map(card) : []));
    document.querySelector("#table tbody").replaceChildren(...some.map(row));
  }

  function card(i) {
    const link = make("a", null, report(i) ? { href: report(i) } : {});
    const picture = data.thumbnails[i];
    link.append(picture
      ? make("img", null, { src: `data:image/webp;base64,${picture}`, alt: `ED and ES of ${data.label[i]}` })
      : make("div", data.reason[i], { class: "empty" }));
    if (data.status[i] !== "done" || data.worst[i] === 0) link.className = "bad";
    link.append(make("b", data.label[i]));
    const numbers = data.status[i] === "done" ? `EDV ${number(edv[i])} mL, EF ${number(ef[i])} %` : data.status[i];
    link.append(make("span", data.far[i] || numbers));
    return link;
  }

  function row(i) {
    const line = make("tr", null);
    heads.forEach(([, of, decimals], k) => {
      const said = decimals === undefined ? text(of(i)) : number(of(i), decimals);
      const cell = make("td", k === 0 || k === last ? null : said, decimals === undefined ? {} : { class: "num" });
      if (k === 0) cell.append(report(i) ? make("a", data.label[i], { href: report(i) }) : data.label[i]);
      if (k === last) cell.textContent = data.reason[i] || data.findings[i].map(c => data.codes[c]).join(", ");
      line.append(cell);
    });
    return line;
  }

  const canvas = document.querySelector("canvas"), pen = canvas.getContext("2d");
  let dots = [];
  function scatter() {  // two of its pixels are one of the page's, so that letters keep their size
    canvas.width = 2 * Math.max(280, canvas.parentElement.clientWidth);
    canvas.height = Math.round(0.62 * canvas.width);
    dots = [];
    const known = [...Array(n).keys()].filter(i => edv[i] !== null && ef[i] !== null);
    const most = Math.max(100, ...known.map(i => edv[i])) * 1.05;
    const left = 90, bottom = canvas.height - 80, x = v => left + v / most * (canvas.width - left - 20);
    const y = v => bottom - Math.max(0, v) / 100 * (bottom - 20);
    pen.font = "22px system-ui, sans-serif";
    pen.strokeStyle = "#dde3ea"; pen.fillStyle = "#5b6875"; pen.lineWidth = 1;
    const step = most > 400 || canvas.width < 800 ? 100 : 50;
    for (let v = 0; v <= 100; v += 20) {
      pen.beginPath(); pen.moveTo(left, y(v)); pen.lineTo(canvas.width - 20, y(v)); pen.stroke();
      pen.textAlign = "right"; pen.fillText(v, left - 12, y(v) + 7);
    }
    pen.textAlign = "center";
    for (let v = 0; v <= most; v += step) pen.fillText(v, x(v), bottom + 30);
    pen.fillStyle = "#1c2733";
    pen.fillText("end-diastolic volume (mL)", (left + canvas.width) / 2, canvas.height - 14);
    pen.save(); pen.translate(24, bottom / 2); pen.rotate(-Math.PI / 2); pen.fillText("ejection fraction (%)", 0, 0); pen.restore();
    pen.strokeStyle = "#124e84"; pen.lineWidth = 2;
    const size = known.length > 1000 ? 4 : 6;
    known.forEach(i => {
      const dot = [x(edv[i]), y(ef[i]), i];
      dots.push(dot);
      pen.beginPath(); pen.arc(dot[0], dot[1], size, 0, 2 * Math.PI);
      if (data.worst[i] < 2) { pen.fillStyle = data.worst[i] === 0 ? "#a3202a" : "rgba(18,78,132,.55)"; pen.fill(); }
      pen.stroke();
    });
  }
  function nearest(event) {
    const box = canvas.getBoundingClientRect(), scale = canvas.width / box.width;
    const px = (event.clientX - box.left) * scale, py = (event.clientY - box.top) * scale;
    let best = null, least = 20 * 20;
    dots.forEach(d => {
      const far = (d[0] - px) ** 2 + (d[1] - py) ** 2;
      if (far < least) { least = far; best = d[2]; }
    });
    return best;
  }
  canvas.addEventListener("mousemove", event => {
    const i = nearest(event);
    canvas.style.cursor = i === null ? "default" : "pointer";
    if (i !== null) at("under").textContent = `${data.label[i]}: EDV ${number(edv[i])} mL, EF ${number(ef[i])} %`;
  });
  canvas.addEventListener("click", event => {
    const i = nearest(event);
    if (i !== null && report(i)) location.href = report(i);
  });

  const head = document.querySelector("#table thead tr");
  heads.forEach(([name, , decimals], k) => {
    const cell = make("th", null, decimals === undefined ? {} : { class: "num" }), button = make("button", name, { type: "button" });
    button.addEventListener("click", () => {
      order.down = order.by === k && !order.down;
      order.by = k;
      choose();
    });
    cell.append(button);
    head.append(cell);
  });
  data.codes.forEach((code, k) => at("code").append(make("option", code, { value: k })));
  ["search", "status", "code"].forEach(id => at(id).addEventListener("input", choose));
  at("sheet").addEventListener("input", draw);
  at("back").addEventListener("click", () => { page--; draw(); });
  at("on").addEventListener("click", () => { page++; draw(); });
  document.querySelectorAll("button[data-code]").forEach(button => button.addEventListener("click", () => {
    at("code").value = data.codes.indexOf(button.dataset.code);
    choose();
    at("studies").scrollIntoView();
  }));
  if (data.status.includes("done")) at("status").value = "done";  // the others stand above
  scatter();
  addEventListener("resize", scatter);
  choose();
})();
