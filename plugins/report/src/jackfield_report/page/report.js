"use strict";
const $ = (id) => document.getElementById(id);
const audio = $("player"), status = $("status"), map = JSON.parse($("data").textContent);

// --- one player for every row ---------------------------------------------------------------------------------------

let current = null; // the element (row or pair entry) whose data-src is playing

function say(text, bad = false) {
  status.textContent = text;
  status.className = bad ? "bad" : "";
}

const nameOf = (entry) => entry.querySelector("a").textContent;

function mark() {
  for (const old of document.querySelectorAll(".playing")) old.classList.remove("playing");
  if (current && !audio.paused) current.classList.add("playing");
}

async function play(entry, at = 0) {
  const fresh = audio.dataset.src !== entry.dataset.src || audio.error;
  current = entry;
  if (fresh) {
    audio.dataset.src = entry.dataset.src;
    audio.src = entry.dataset.src;
  }
  audio.currentTime = Math.max(0, at);
  say(nameOf(entry));
  try {
    await audio.play();
  } catch (fault) {
    // AbortError: another clip was asked for meanwhile. What cannot be played is said by the error event.
    if (fault.name === "NotAllowedError") say("The browser does not let this page play sound.", true);
  }
}

function toggle(entry) {
  const same = current && current.dataset.src === entry.dataset.src && !audio.paused;
  if (same) audio.pause();
  else play(entry);
}

// The same moment of the other clip: material that starts `shift` seconds later here is at t - shift there.
function swap(row) {
  const other = $(row.dataset.other), shift = Number(row.dataset.shift), now = audio.currentTime;
  if (!other) return;
  if (audio.dataset.src === row.dataset.src && !audio.ended) play(other, now - shift);
  else if (audio.dataset.src === other.dataset.src && !audio.ended) play(row, now + shift);
  else play(row);
}

audio.addEventListener("play", mark);
audio.addEventListener("pause", mark);
audio.addEventListener("ended", mark);
audio.addEventListener("error", () => {
  if (!current) return;
  mark();
  const where = decodeURIComponent(new URL(audio.src).pathname.replace(/%(?![0-9A-F]{2})/gi, "%25"));
  say(`${nameOf(current)} cannot be played: it is no longer at ${where}, or this browser does not know its format.`, true);
});

document.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  const entry = button?.closest("[data-src]");
  if (!entry) return;
  if (button.matches(".swap")) swap(entry);
  else if (button.matches(".seek")) play(entry, Number(button.dataset.at) - 0.1);
  else toggle(entry);
});

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") audio.pause();
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  const row = step && document.activeElement.matches("tr button") && document.activeElement.closest("tr");
  if (!row) return;
  const all = [...document.querySelectorAll("tr[data-src]:not([hidden])")];
  all[all.indexOf(row) + step]?.querySelector(".play").focus();
  event.preventDefault();
});

// --- find clips -----------------------------------------------------------------------------------------------------

const rows = [...document.querySelectorAll("tr[data-src]")];
const names = rows.map((row) => row.textContent.toLowerCase());

$("filter").addEventListener("input", (event) => {
  const wanted = event.target.value.trim().toLowerCase();
  let count = 0;
  rows.forEach((row, k) => {
    row.hidden = !names[k].includes(wanted);
    count += !row.hidden;
  });
  for (const group of document.querySelectorAll(".group")) group.hidden = !group.querySelector("tbody tr:not([hidden])");
  $("matches").textContent = wanted ? `${count} of ${rows.length} rows` : "";
});

// --- heat map -------------------------------------------------------------------------------------------------------

const SIDE = 760, HIGH = 600, LABEL = 200; // pixels: whole width, height, widest label
const FONT = (size) => `${size}px system-ui, sans-serif`;

function shades() {
  const rgb = map.colours.map((a) => [1, 3, 5].map((k) => parseInt(a.slice(k, k + 2), 16)));
  return Array.from({ length: map.undefined }, (_, code) => {
    const at = (code / (map.undefined - 1)) * (rgb.length - 1), k = Math.min(Math.floor(at), rgb.length - 2);
    return rgb[k].map((low, c) => Math.round(low + (at - k) * (rgb[k + 1][c] - low)));
  });
}

async function codesOf(png, n) {
  const image = new Image();
  image.src = png;
  await image.decode();
  const canvas = new OffscreenCanvas(n, n), pen = canvas.getContext("2d", { willReadFrequently: true });
  pen.drawImage(image, 0, 0);
  const grey = pen.getImageData(0, 0, n, n).data;
  return Uint8Array.from({ length: n * n }, (_, k) => grey[4 * k]);
}

class HeatMap {
  constructor(codes) {
    this.codes = codes;
    this.n = map.clips.length;
    this.table = shades();
    this.canvas = $("heat");
    this.texts = new Map(map.pairs.map(([i, j, text]) => [i * this.n + j, text]));
    this.at = null;
    const point = (event) => {
      const box = this.canvas.getBoundingClientRect();
      return this.inside(Math.floor((event.clientX - box.left - this.left) / this.cell), Math.floor((event.clientY - box.top) / this.cell));
    };
    this.canvas.addEventListener("pointermove", (event) => this.show(point(event)));
    this.canvas.addEventListener("click", (event) => this.choose(point(event)));
    this.canvas.addEventListener("keydown", (event) => this.key(event));
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.draw());
    addEventListener("resize", () => this.draw());
    this.draw();
  }

  inside(column, row) {
    return column >= 0 && row >= 0 && column < this.n && row < this.n ? [row, column] : null;
  }

  draw() {
    const room = Math.min(document.querySelector(".map").clientWidth, SIDE) - 2;
    const fit = (left) => Math.max(1, Math.min(48, Math.floor(Math.min(room - left, HIGH) / this.n)));
    this.left = fit(LABEL) >= 9 ? this.widest() : 0;
    this.cell = fit(this.left);
    const side = this.cell * this.n, pen = this.sized(this.canvas, this.left + side, side);
    this.hatch(pen, this.left, 0, side, side);
    pen.imageSmoothingEnabled = false;
    pen.drawImage(this.painted(), this.left, 0, side, side);
    this.outlines(pen);
    if (this.left) this.labels(pen);
    this.scale();
    this.cross();
  }

  sized(canvas, width, height) {
    const ratio = devicePixelRatio, pen = canvas.getContext("2d");
    canvas.width = width * ratio;
    canvas.height = height * ratio;
    canvas.style.width = `${width}px`;
    canvas.style.height = `${height}px`;
    pen.scale(ratio, ratio);
    return pen;
  }

  widest() {
    const pen = this.canvas.getContext("2d");
    pen.font = FONT(11);
    return Math.ceil(Math.min(LABEL - 12, Math.max(...map.clips.map(([name]) => pen.measureText(name).width)))) + 12;
  }

  painted() {
    const canvas = new OffscreenCanvas(this.n, this.n), pen = canvas.getContext("2d");
    const image = pen.createImageData(this.n, this.n), pixels = new DataView(image.data.buffer);
    const rgba = this.table.map(([r, g, b]) => ((r << 24) | (g << 16) | (b << 8) | 255) >>> 0);
    for (let k = 0; k < this.codes.length; k++) pixels.setUint32(4 * k, rgba[this.codes[k]] ?? 0);
    pen.putImageData(image, 0, 0);
    return canvas;
  }

  hatch(pen, x, y, width, height) {
    const tile = new OffscreenCanvas(6, 6), ink = tile.getContext("2d");
    ink.fillStyle = "#d5d8dc";
    ink.fillRect(0, 0, 6, 6);
    ink.strokeStyle = "#a3a9b1";
    ink.lineWidth = 1.5;
    ink.beginPath();
    for (const k of [-6, 0, 6]) ink.moveTo(k - 1, 7), ink.lineTo(k + 7, -1);
    ink.stroke();
    pen.fillStyle = pen.createPattern(tile, "repeat");
    pen.fillRect(x, y, width, height);
  }

  outlines(pen) {
    pen.strokeStyle = "#e4572e";
    pen.lineWidth = this.cell >= 4 ? 2 : 1;
    for (const [a, b, group] of map.runs)
      for (const [c, d, other] of map.runs)
        if (group === other)
          pen.strokeRect(this.left + a * this.cell + 1, c * this.cell + 1, (b - a) * this.cell - 2, (d - c) * this.cell - 2);
  }

  labels(pen) {
    pen.font = FONT(Math.min(11, this.cell));
    pen.fillStyle = getComputedStyle(document.body).color;
    pen.textAlign = "right";
    pen.textBaseline = "middle";
    map.clips.forEach(([name], k) => {
      let text = name;
      while (pen.measureText(text).width > this.left - 11) text = "…" + text.slice(text.startsWith("…") ? 2 : 1);
      pen.fillText(text, this.left - 8, (k + 0.5) * this.cell);
    });
  }

  scale() {
    const width = 260, pen = this.sized($("scale"), width, 66);
    const place = (value) => 10 + ((width - 40) * value) / map.top;
    this.table.forEach(([r, g, b], k) => {
      pen.fillStyle = `rgb(${r} ${g} ${b})`;
      pen.fillRect(place((k / this.table.length) * map.top), 2, (width - 40) / this.table.length + 1, 12);
    });
    const ink = getComputedStyle(document.body).color;
    pen.font = FONT(11);
    pen.textAlign = "center";
    pen.fillStyle = ink;
    for (const share of [0, 0.5, 1]) pen.fillText(String(+(share * map.top).toPrecision(4)), place(share * map.top), 28);
    if (typeof map.threshold === "number" && map.threshold <= map.top) {
      pen.fillStyle = "#e4572e";
      pen.fillRect(place(map.threshold) - 1, 0, 2, 17);
    }
    this.hatch(pen, 10, 40, 16, 16);
    pen.textAlign = "left";
    pen.fillStyle = ink;
    pen.fillText("undefined", 32, 52);
    if (typeof map.threshold === "number") {
      pen.fillStyle = "#e4572e";
      pen.fillRect(124, 40, 2, 16);
      pen.fillStyle = ink;
      pen.fillText(`threshold ${+map.threshold.toPrecision(3)}`, 132, 52);
    }
  }

  value(row, column) {
    const code = this.codes[row * this.n + column];
    if (row === column) return "itself";
    return code === map.undefined ? "undefined" : `distance ${((code / (map.undefined - 1)) * map.top).toPrecision(2)}`;
  }

  show(at) {
    if (!at) return;
    this.at = at;
    const [row, column] = at;
    $("cell").textContent = `${map.clips[row][0]} × ${map.clips[column][0]}: ${this.value(row, column)}`;
    this.cross();
  }

  // A frame above the canvas: nothing is drawn anew while the pointer moves.
  cross() {
    const frame = $("frame");
    frame.hidden = !this.at;
    if (!this.at) return;
    const [row, column] = this.at, size = Math.max(this.cell, 5), shift = (size - this.cell) / 2;
    frame.style.width = frame.style.height = `${size}px`;
    frame.style.transform = `translate(${this.left + column * this.cell - shift}px, ${row * this.cell - shift}px)`;
  }

  key(event) {
    const [row, column] = this.at ?? [0, 0];
    const move = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[event.key];
    if (move) this.show(this.at ? this.inside(column + move[1], row + move[0]) : [row, column]);
    else if (event.key === "Enter" || event.key === " ") this.choose(this.at);
    else return;
    event.preventDefault();
  }

  choose(at) {
    if (!at) return;
    this.show(at);
    const [row, column] = at, panel = $("pair");
    // As it was compared: a against b, whichever of the two was pointed at first.
    const [a, b] = this.texts.has(column * this.n + row) ? [column, row] : [row, column];
    panel.replaceChildren(...(a === b ? [a] : [a, b]).map((k) => this.entry(k)));
    const text = this.texts.get(a * this.n + b), line = document.createElement("p");
    line.textContent = text ? `${this.value(a, b)}; the first against the second: ${text}` : this.value(a, b);
    panel.append(line);
    panel.hidden = false;
  }

  entry(k) {
    const [name, src, anchor] = map.clips[k], line = document.createElement("p");
    const button = document.createElement("button"), link = document.createElement("a");
    line.dataset.src = src;
    button.className = "play";
    button.setAttribute("aria-label", `Play ${name}`);
    link.href = `#${anchor}`;
    link.textContent = name;
    line.append(button, link);
    return line;
  }
}

if (map) codesOf(map.png, map.clips.length).then((codes) => new HeatMap(codes));
