"use strict";
// The section "Explore": charts and a table of all cells, drawn from the data beside this script. It needs nothing else, and
// a reader without JavaScript misses nothing but this section.
(function () {
  const section = document.getElementById("explore");
  const source = document.getElementById("cells");
  if (!section || !source) return;
  const data = JSON.parse(source.textContent);
  const svgNamespace = "http://www.w3.org/2000/svg";

  // MARK: Columns

  const columns = data.columns.map(function (column, place) {
    const value = column.levels
      ? function (row) { return row[place] === null ? null : column.levels[row[place]]; }
      : function (row) { return row[place]; };
    return Object.assign({}, column, { value: value });
  });
  function named(key) { return columns.find(function (column) { return column.key === key; }); }
  function derived(key, title, inputs, compute) {
    const parts = inputs.map(named);
    if (parts.some(function (part) { return !part; })) return;
    columns.push({
      key: key, title: title, kind: "number",
      value: function (row) {
        const values = parts.map(function (part) { return part.value(row); });
        return values.some(function (value) { return value === null; }) ? null : compute.apply(null, values);
      },
    });
  }
  derived("tokens_per_param", "D/N, tokens per parameter", ["tokens", "params"], function (d, n) { return d / n; });
  derived("compute", "compute 6ND, operations", ["params", "tokens"], function (n, d) { return 6 * n * d; });
  derived("relative_qid", "QiD / loss in 16 bits", ["qid", "loss16"], function (q, l) { return q / l; });
  derived("rho", "ρ = QiD / KL", ["qid", "kl"], function (q, k) { return k ? q / k : null; });

  const rows = data.rows;
  function isKnown(column) { return rows.some(function (row) { return column.value(row) !== null; }); }
  function levels(column) {
    const found = [];
    rows.forEach(function (row) {
      const value = column.value(row);
      if (value !== null && !found.includes(value)) found.push(value);
    });
    return found.sort(compare);
  }
  const numbers = columns.filter(function (column) { return column.kind === "number" && isKnown(column); });
  const labels = columns.filter(function (column) { return column.kind === "label" && isKnown(column); });
  const groupings = labels.concat(["bits", "params"].map(named).filter(Boolean)).filter(function (column) {
    return levels(column).length > 1 && column.key !== "checkpoint";
  });

  // MARK: Words

  function compare(a, b) {
    if (a === b) return 0;
    if (a === null) return 1;
    if (b === null) return -1;
    return typeof a === "number" ? a - b : String(a).localeCompare(String(b), "en", { numeric: true });
  }
  function short(value) {
    if (value === null) return "";
    if (typeof value !== "number") return String(value);
    const size = Math.abs(value);
    if (Number.isInteger(value) && size < 1e5) return String(value);
    if (size >= 1e15 || (size > 0 && size < 1e-4)) return value.toExponential(2);
    const units = [[1e12, "T"], [1e9, "B"], [1e6, "M"], [1e3, "k"]];
    const unit = units.find(function (one) { return size >= one[0]; });
    return unit ? String(Number((value / unit[0]).toPrecision(3))) + unit[1] : String(Number(value.toPrecision(4)));
  }

  // MARK: Elements

  function element(name, attributes, children) {
    const made = document.createElement(name);
    return filled(made, attributes, children);
  }
  function drawn(name, attributes, children) {
    return filled(document.createElementNS(svgNamespace, name), attributes, children);
  }
  function filled(made, attributes, children) {
    Object.keys(attributes || {}).forEach(function (key) { made.setAttribute(key, attributes[key]); });
    (children || []).forEach(function (child) {
      made.append(typeof child === "object" ? child : document.createTextNode(child));
    });
    return made;
  }
  function choice(title, options, chosen, act) {
    const select = element("select", {}, options.map(function (option) {
      const made = element("option", { value: option.key }, [option.title]);
      made.selected = option.key === chosen;
      return made;
    }));
    select.addEventListener("change", function () { act(select.value); });
    return element("label", {}, [title + " ", select]);
  }
  function box(title, isOn, act) {
    const input = element("input", { type: "checkbox" });
    input.checked = isOn;
    input.addEventListener("change", function () { act(input.checked); });
    return element("label", {}, [input, " " + title]);
  }

  // MARK: State

  function first(keys, among) {
    const key = keys.find(function (one) { return among.some(function (column) { return column.key === one; }); });
    return key || (among[0] && among[0].key);
  }
  const state = {
    x: first(["tokens", "params", "bits_per_weight"], numbers), y: first(["kl", "qid", "loss"], numbers),
    colour: first(["bits", "spec", "params"], groupings), facet: first(["scheme", "method"], groupings) || "",
    logX: true, logY: true, hidden: {}, filter: "", sort: null, falling: false, shown: 20, zoom: null,
  };
  const charts = element("div", { class: "panels" });
  const legend = element("div", { class: "legend", role: "group", "aria-label": "Series" });
  const tip = element("div", { class: "tip", role: "status" });
  tip.hidden = true;
  const table = element("div", {});

  function filtered() {
    const words = state.filter.toLowerCase().split(/\s+/).filter(Boolean);
    if (!words.length) return rows;
    return rows.filter(function (row) {
      const text = columns.filter(function (column) { return column.kind !== "number" || column.key === "bits"; })
        .map(function (column) { return column.value(row); }).join(" ").toLowerCase();
      return words.every(function (word) { return text.includes(word); });
    });
  }

  // MARK: Scales

  function extent(values, isLog) {
    const usable = values.filter(function (value) { return value !== null && isFinite(value) && (!isLog || value > 0); });
    if (!usable.length) return null;
    let low = Infinity, high = -Infinity;
    usable.forEach(function (value) { low = Math.min(low, value); high = Math.max(high, value); });
    if (isLog) return low === high ? [low / 2, high * 2] : [low * Math.pow(low / high, 0.04), high * Math.pow(high / low, 0.04)];
    const margin = (high - low) * 0.04 || Math.abs(low) * 0.1 || 1;
    return [low - margin, high + margin];
  }
  function scale(domain, range, isLog) {
    const map = isLog ? Math.log : function (value) { return value; };
    const low = map(domain[0]), span = map(domain[1]) - low;
    function forward(value) { return range[0] + (map(value) - low) / span * (range[1] - range[0]); }
    forward.back = function (place) {
      const value = low + (place - range[0]) / (range[1] - range[0]) * span;
      return isLog ? Math.exp(value) : value;
    };
    forward.ticks = ticks(domain, isLog);
    return forward;
  }
  function ticks(domain, isLog) {
    const found = [];
    if (isLog) {
      const decades = Math.log10(domain[1] / domain[0]);
      const steps = decades > 4 ? [1] : decades > 1.5 ? [1, 3] : [1, 1.5, 2, 3, 5, 7];
      for (let power = Math.floor(Math.log10(domain[0])); power <= Math.ceil(Math.log10(domain[1])); power += decades > 8 ? 2 : 1) {
        steps.forEach(function (step) {
          const value = Number((step * Math.pow(10, power)).toPrecision(6));
          if (value >= domain[0] && value <= domain[1]) found.push(value);
        });
      }
      if (found.length > 1) return found;
    }
    const rough = (domain[1] - domain[0]) / 5, power = Math.pow(10, Math.floor(Math.log10(rough)));
    const step = [1, 2, 5, 10].map(function (one) { return one * power; }).find(function (one) { return one >= rough; });
    for (let value = Math.ceil(domain[0] / step) * step; value <= domain[1]; value += step) {
      found.push(Number(value.toPrecision(10)));
    }
    return found;
  }

  // MARK: Charts

  const size = { width: 360, height: 270, left: 52, right: 12, top: 26, bottom: 40 };
  let colours = [];

  function draw() {
    const x = named(state.x), y = named(state.y), colour = named(state.colour), facet = named(state.facet);
    const chosen = filtered().filter(function (row) {
      const [a, b] = [x.value(row), y.value(row)];
      return a !== null && b !== null && (!state.logX || a > 0) && (!state.logY || b > 0);
    });
    colours = colour ? levels(colour) : [];
    drawLegend(colour);
    charts.replaceChildren();
    const seen = chosen.filter(function (row) { return !colour || !state.hidden[colour.value(row)]; });
    const domains = state.zoom || [
      extent(seen.map(x.value), state.logX), extent(seen.map(y.value), state.logY),
    ];
    if (!domains[0] || !domains[1]) {
      charts.append(element("p", {}, ["No cell has both, above 0 where an axis is logarithmic."]));
      return;
    }
    const facets = facet ? levels(facet) : [null];
    facets.forEach(function (level) {
      const part = seen.filter(function (row) { return !facet || facet.value(row) === level; });
      if (part.length) charts.append(panel(part, level, domains, x, y, colour));
    });
  }

  function panel(part, level, domains, x, y, colour) {
    const toX = scale(domains[0], [size.left, size.width - size.right], state.logX);
    const toY = scale(domains[1], [size.height - size.bottom, size.top], state.logY);
    const title = level === null ? y.title : named(state.facet).title + " " + short(level);
    const svg = drawn("svg", { viewBox: "0 0 " + size.width + " " + size.height, role: "img", "aria-label": title + ": " + y.title + " against " + x.title });
    svg.append(drawn("text", { x: size.left, y: 15, class: "panel", "font-size": 12 }, [title]));
    axes(svg, toX, toY, x, y);
    const marks = drawn("g", {});
    const places = [];
    part.slice().sort(function (a, b) { return compare(x.value(a), x.value(b)); }).forEach(function (row) {
      const [px, py] = [toX(x.value(row)), toY(y.value(row))];
      if (px < size.left - 1 || px > size.width - size.right + 1 || py < size.top - 1 || py > size.height - size.bottom + 1) return;
      const rank = colour ? colours.indexOf(colour.value(row)) : 0;
      marks.append(bar(row, y, px, toY, rank));
      marks.append(drawn("circle", { cx: px.toFixed(1), cy: py.toFixed(1), r: 3.6, class: "mark s" + rank % 6 }));
      places.push({ x: px, y: py, row: row });
    });
    svg.append(lines(places, colour), marks);
    listen(svg, places, toX, toY);
    return svg;
  }

  function axes(svg, toX, toY, x, y) {
    const [right, bottom] = [size.width - size.right, size.height - size.bottom];
    toX.ticks.forEach(function (value) {
      const place = toX(value);
      svg.append(drawn("line", { x1: place, x2: place, y1: size.top, y2: bottom, class: "grid" }));
      svg.append(drawn("text", { x: place, y: bottom + 14, class: "tick", "font-size": 10, "text-anchor": "middle" }, [short(value)]));
    });
    toY.ticks.forEach(function (value) {
      const place = toY(value);
      svg.append(drawn("line", { x1: size.left, x2: right, y1: place, y2: place, class: "grid" }));
      svg.append(drawn("text", { x: size.left - 5, y: place + 3, class: "tick", "font-size": 10, "text-anchor": "end" }, [short(value)]));
    });
    svg.append(drawn("text", { x: (size.left + right) / 2, y: size.height - 8, class: "title", "font-size": 11, "text-anchor": "middle" }, [x.title]));
  }

  // Twice the standard error, where it is known and what is drawn has one.
  function bar(row, y, px, toY, rank) {
    const error = named(y.error || ""), value = y.value(row);
    const half = error ? 2 * (error.value(row) || 0) : 0;
    const group = drawn("g", {});
    if (half > 0) {
      const low = state.logY ? Math.max(value - half, value / 1e3) : value - half;
      const [y1, y2] = [toY(low), toY(value + half)].map(function (place) {
        return Math.min(Math.max(place, size.top), size.height - size.bottom).toFixed(1);
      });
      group.append(drawn("line", { x1: px, x2: px, y1: y1, y2: y2, class: "bar s" + rank % 6 }));
    }
    return group;
  }

  // Cells that differ in nothing but what the axis shows hang together.
  function lines(places, colour) {
    const group = drawn("g", {});
    const runs = {};
    places.forEach(function (place) {
      const key = ["spec", "series", "family", state.x === "params" ? "step" : "params"].filter(function (one) {
        return one !== state.x && !(one === "spec" && ["bits", "bits_per_weight"].includes(state.x));
      }).map(function (one) { const column = named(one); return column ? column.value(place.row) : ""; }).join("|");
      (runs[key] = runs[key] || []).push(place);
    });
    Object.values(runs).filter(function (run) { return run.length > 1; }).forEach(function (run) {
      const rank = colour ? colours.indexOf(colour.value(run[0].row)) : 0;
      const path = run.map(function (place, index) { return (index ? "L" : "M") + place.x.toFixed(1) + " " + place.y.toFixed(1); });
      group.append(drawn("path", { d: path.join(""), class: "tie curve s" + rank % 6, "stroke-opacity": 0.45 }));
    });
    return group;
  }

  // MARK: Pointers

  function listen(svg, places, toX, toY) {
    let start = null;
    const frame = drawn("rect", { class: "zoom", visibility: "hidden" });
    svg.append(frame);
    function at(event) {
      const box = svg.getBoundingClientRect();
      return { x: (event.clientX - box.left) / box.width * size.width, y: (event.clientY - box.top) / box.height * size.height };
    }
    svg.addEventListener("pointermove", function (event) {
      const here = at(event);
      if (start) {
        const area = { x: Math.min(start.x, here.x), y: Math.min(start.y, here.y), width: Math.abs(start.x - here.x), height: Math.abs(start.y - here.y) };
        Object.keys(area).forEach(function (key) { frame.setAttribute(key, area[key]); });
        frame.setAttribute("visibility", "visible");
        return;
      }
      let nearest = null, distance = 18 * 18;
      places.forEach(function (place) {
        const apart = Math.pow(place.x - here.x, 2) + Math.pow(place.y - here.y, 2);
        if (apart < distance) [nearest, distance] = [place, apart];
      });
      if (nearest) describe(nearest.row, event.clientX, event.clientY); else tip.hidden = true;
    });
    svg.addEventListener("pointerleave", function () { tip.hidden = true; });
    svg.addEventListener("pointerdown", function (event) {
      if (event.pointerType !== "mouse" || event.button !== 0) return;
      start = at(event);
      svg.setPointerCapture(event.pointerId);
    });
    svg.addEventListener("pointerup", function (event) {
      if (!start) return;
      const [from, to] = [start, at(event)];
      start = null;
      frame.setAttribute("visibility", "hidden");
      if (Math.abs(from.x - to.x) < 8 || Math.abs(from.y - to.y) < 8) return;
      const across = [from.x, to.x].sort(compare).map(toX.back), along = [from.y, to.y].sort(compare).reverse().map(toY.back);
      state.zoom = [across, along];
      update();
    });
    svg.addEventListener("dblclick", function () { state.zoom = null; update(); });
  }

  function describe(row, left, top) {
    tip.replaceChildren(element("dl", {}, columns.filter(function (column) { return column.value(row) !== null; }).flatMap(function (column) {
      return [element("dt", {}, [column.title]), element("dd", {}, [short(column.value(row))])];
    })));
    tip.hidden = false;
    const width = tip.offsetWidth, height = tip.offsetHeight;
    tip.style.left = Math.max(4, Math.min(left + 14, window.innerWidth - width - 8)) + "px";
    tip.style.top = Math.max(4, Math.min(top + 14, window.innerHeight - height - 8)) + "px";
  }

  // MARK: Legend

  function drawLegend(colour) {
    legend.replaceChildren();
    colours.forEach(function (level, rank) {
      const button = element("button", { type: "button", "aria-pressed": String(!state.hidden[level]) }, [
        drawn("svg", { viewBox: "-6 -6 12 12", width: 12, height: 12, "aria-hidden": "true" }, [drawn("circle", { r: 4.5, class: "mark s" + rank % 6 })]),
        " " + (colour.kind === "number" ? colour.title.split(",")[0] + " " : "") + short(level),
      ]);
      button.addEventListener("click", function () { state.hidden[level] = !state.hidden[level]; update(); });
      legend.append(button);
    });
  }

  // MARK: Table

  function tableRows() {
    const found = filtered();
    const column = state.sort && named(state.sort);
    if (!column) return found;
    const sign = state.falling ? -1 : 1;
    return found.slice().sort(function (a, b) {
      const [one, other] = [column.value(a), column.value(b)];
      return one === null || other === null ? compare(one, other) : sign * compare(one, other);
    });
  }

  // What a cell is of stands before what was measured.
  function tableColumns() {
    const leading = ["spec", "series", "step"].map(named).filter(Boolean);
    return leading.concat(columns.filter(function (column) { return !leading.includes(column); })).filter(isKnown);
  }

  function drawTable() {
    const found = tableRows(), shown = tableColumns();
    const head = element("tr", {}, shown.map(function (column) {
      const isSorted = state.sort === column.key;
      const button = element("button", { type: "button" }, [column.title + (isSorted ? (state.falling ? " ↓" : " ↑") : "")]);
      button.addEventListener("click", function () {
        [state.falling, state.sort] = [isSorted && !state.falling, column.key];
        drawTable();
      });
      return element("th", { class: column.kind === "number" ? "n" : "", "aria-sort": isSorted ? (state.falling ? "descending" : "ascending") : "none" }, [button]);
    }));
    const body = found.slice(0, state.shown).map(function (row) {
      return element("tr", {}, shown.map(function (column) {
        return element("td", { class: column.kind === "number" ? "n" : "" }, [short(column.value(row))]);
      }));
    });
    const grid = element("div", { class: "scroll" }, [element("table", {}, [element("thead", {}, [head]), element("tbody", {}, body)])]);
    const count = element("p", { class: "caption", role: "status" }, [
      Math.min(state.shown, found.length) + " of " + found.length + " cells" + (found.length < rows.length ? " that the filter lets through, of " + rows.length : ""),
    ]);
    const more = element("button", { type: "button" }, ["Show more"]);
    more.addEventListener("click", function () { state.shown += 200; drawTable(); });
    table.replaceChildren(count, grid);
    if (found.length > state.shown) table.append(more);
  }

  function csv() {
    const shown = tableColumns();
    function field(value) {
      if (value === null) return "";
      const text = String(value);
      // A spreadsheet takes text that begins like this for a formula.
      const safe = typeof value === "string" && /^[=+\-@\t\r]/.test(text) ? "'" + text : text;
      return /[",\n\r]/.test(safe) ? '"' + safe.replace(/"/g, '""') + '"' : safe;
    }
    const lines = [shown.map(function (column) { return column.key; })].concat(tableRows().map(function (row) {
      return shown.map(function (column) { return column.value(row); });
    }));
    return lines.map(function (line) { return line.map(field).join(",") + "\n"; }).join("");
  }

  function download() {
    const link = element("a", { download: "cells.csv", href: URL.createObjectURL(new Blob([csv()], { type: "text/csv" })) });
    link.click();
    URL.revokeObjectURL(link.href);
  }

  // MARK: Page

  function update() { draw(); drawTable(); }
  function chosen(key) { return function (value) { state[key] = value; state.zoom = null; if (key === "colour") state.hidden = {}; update(); }; }
  function controls() {
    const none = [{ key: "", title: "nothing" }];
    const filter = element("input", { type: "search", placeholder: "rtn w4 stable" });
    filter.addEventListener("input", function () { state.filter = filter.value; state.shown = 20; update(); });
    const whole = element("button", { type: "button" }, ["Whole range"]);
    whole.addEventListener("click", function () { state.zoom = null; update(); });
    const save = element("button", { type: "button" }, ["Download as CSV"]);
    save.addEventListener("click", download);
    return element("div", { class: "controls" }, [
      choice("x", numbers, state.x, chosen("x")), box("log", state.logX, chosen("logX")),
      choice("y", numbers, state.y, chosen("y")), box("log", state.logY, chosen("logY")),
      choice("colour", none.concat(groupings), state.colour, chosen("colour")),
      choice("a chart for each", none.concat(groupings), state.facet, chosen("facet")),
      element("label", {}, ["only ", filter]), whole, save,
    ]);
  }

  section.append(controls(), legend, charts, table);
  document.body.append(tip);
  section.hidden = false;
  update();
})();
