// Script of a report page: theme, folding, contents. No network, no storage
// that must work: a page opened from disk may have none. It is handed
// `standingAlone` of viz/page/picture.ts.
{
  const root = document.documentElement;
  const remember = (key, value) => {
    try {
      localStorage.setItem(key, value);
    } catch { /* a page without storage */ }
  };
  const toggleTheme = document.getElementById("toggle-theme");
  const isDark = () =>
    (root.dataset.theme ??
      (matchMedia("(prefers-color-scheme: dark)").matches
        ? "dark"
        : "light")) === "dark";
  const label = () => {
    toggleTheme.textContent = isDark() ? "Light" : "Dark";
  };
  toggleTheme.addEventListener("click", () => {
    root.dataset.theme = isDark() ? "light" : "dark";
    remember("hidden-causes-theme", root.dataset.theme);
    label();
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", label);
  label();

  const toggleCode = document.getElementById("toggle-code");
  const blocks = Array.from(document.querySelectorAll("details.code"));
  if (toggleCode) {
    const allOpen = () => blocks.every((block) => block.open);
    const relabel = () => {
      toggleCode.textContent = allOpen() ? "Hide code" : "Show all code";
    };
    toggleCode.addEventListener("click", () => {
      const open = !allOpen();
      for (const block of blocks) block.open = open;
      relabel();
    });
    for (const block of blocks) block.addEventListener("toggle", relabel);
    // On a phone, figures come first; a tap shows the code.
    if (matchMedia("(max-width: 40rem)").matches) {
      for (const block of blocks) block.open = false;
    }
    relabel();
  }

  const copy = document.getElementById("copy-bibtex");
  copy?.addEventListener("click", async () => {
    const entry = document.getElementById("bibtex");
    getSelection().selectAllChildren(entry); // for a page that may not copy
    try {
      await navigator.clipboard.writeText(entry.textContent);
      copy.textContent = "Copied";
    } catch {
      copy.textContent = "Selected: copy it by keyboard";
    }
  });

  // Figures to keep: as a drawing, as pixels, and their rows.
  const SVG = "http://www.w3.org/2000/svg";
  const INK = "#222";
  const shown = (element) => element.getClientRects().length > 0;

  // A drawing of what a figure shows: its drawings, images, swatches and words,
  // each where it stands, on light paper.
  const drawn = (figure) => {
    const frame = figure.getBoundingClientRect();
    const root = document.createElementNS(SVG, "svg");
    const add = (name, attributes, box) => {
      const element = document.createElementNS(SVG, name);
      for (const [key, value] of Object.entries(attributes)) {
        element.setAttribute(key, value);
      }
      if (box) {
        element.setAttribute("x", (box.left - frame.left).toFixed(1));
        element.setAttribute("y", (box.top - frame.top).toFixed(1));
        element.setAttribute("width", box.width.toFixed(1));
        element.setAttribute("height", box.height.toFixed(1));
      }
      root.append(element);
      return element;
    };
    let [right, bottom] = [0, 0];
    const reach = (box) => {
      right = Math.max(right, box.right - frame.left);
      bottom = Math.max(bottom, box.bottom - frame.top);
    };
    const write = (node) => {
      const style = getComputedStyle(node.parentElement);
      const range = document.createRange();
      const words = node.textContent.matchAll(/\S+/g);
      let line = null;
      for (const { 0: word, index } of words) {
        range.setStart(node, index);
        range.setEnd(node, index + word.length);
        const box = range.getBoundingClientRect();
        if (line && Math.abs(line.top - box.top) < 2) {
          line.text.textContent += ` ${word}`;
        } else {
          const text = add("text", {
            x: (box.left - frame.left).toFixed(1),
            y: (box.bottom - frame.top - box.height / 4).toFixed(1),
            "font-size": style.fontSize,
            "font-weight": style.fontWeight,
            "font-family": style.fontFamily,
            fill: INK,
          });
          text.textContent = word;
          line = { top: box.top, text };
        }
        reach(box);
      }
    };
    const walk = (node) => {
      if (node.nodeType === Node.TEXT_NODE) return write(node);
      if (node.nodeType !== Node.ELEMENT_NODE || !shown(node)) return;
      if (node.matches(".save, .hc-controls, script, style")) return;
      const box = node.getBoundingClientRect();
      if (node.localName === "svg") {
        const copy = node.cloneNode(true);
        copy.removeAttribute("data-rows");
        const place = add("svg", {}, box);
        place.setAttribute(
          "viewBox",
          node.getAttribute("viewBox") ??
            `0 0 ${node.getAttribute("width")} ${node.getAttribute("height")}`,
        );
        for (const key of ["fill", "font-size", "font-family", "text-anchor"]) {
          if (copy.hasAttribute(key)) {
            place.setAttribute(key, copy.getAttribute(key));
          }
        }
        place.append(...copy.childNodes);
        return reach(box);
      }
      if (node.localName === "img") {
        const image = add("image", { preserveAspectRatio: "none" }, box);
        image.setAttribute("href", node.src);
        image.setAttribute(
          "style",
          `image-rendering:${getComputedStyle(node).imageRendering}`,
        );
        return reach(box);
      }
      const ground = getComputedStyle(node).backgroundColor;
      if (node !== figure && !/^(rgba\(.*, 0\)|transparent)$/.test(ground)) {
        add("rect", { fill: ground }, box);
      }
      node.childNodes.forEach(walk);
    };
    walk(figure);
    const [width, height] = [Math.ceil(right) + 4, Math.ceil(bottom) + 4];
    root.setAttribute("xmlns", SVG);
    root.setAttribute("width", width);
    root.setAttribute("height", height);
    root.setAttribute("viewBox", `-2 -2 ${width} ${height}`);
    root.setAttribute("style", `background:#fff;color:${INK}`);
    return standingAlone(new XMLSerializer().serializeToString(root));
  };

  const pixels = async (svg) => {
    const image = new Image();
    image.src = `data:image/svg+xml,${encodeURIComponent(svg)}`;
    await image.decode();
    const canvas = document.createElement("canvas");
    canvas.width = 2 * image.width;
    canvas.height = 2 * image.height;
    const context = canvas.getContext("2d");
    context.fillStyle = "#fff";
    context.fillRect(0, 0, canvas.width, canvas.height);
    context.drawImage(image, 0, 0, canvas.width, canvas.height);
    return new Promise((resolve) => canvas.toBlob(resolve));
  };

  const rowsOf = (figure) => {
    const drawing = figure.querySelector("[data-rows]");
    if (drawing) return drawing.dataset.rows;
    const table = figure.querySelector("table");
    if (!table) return null;
    const quoted = ({ innerText }) => {
      const text = innerText.trim().replaceAll(/\s+/g, " ");
      return /[",]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
    };
    return Array.from(
      table.rows,
      (row) => Array.from(row.cells, quoted).join(",") + "\n",
    ).join("");
  };

  const keep = (blob, name) => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(blob);
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  };

  const page = decodeURIComponent(location.pathname.split("/").at(-1))
    .replace(/\.html$/, "");
  const counts = new Map();
  for (const figure of document.querySelectorAll("figure.hc-fig")) {
    if (figure.querySelector("figure.hc-fig, [data-simulation]")) continue;
    if (figure.closest("[data-simulation], .card")) continue;
    const cell = figure.closest(".cell")?.id.replace(/^cell-/, "") ?? "figure";
    const count = (counts.get(cell) ?? 0) + 1;
    counts.set(cell, count);
    const name = `${page}-${cell}-${count}`;
    const words = figure.querySelector(".hc-title")?.textContent ?? cell;
    const menu = document.createElement("details");
    menu.className = "save";
    const summary = document.createElement("summary");
    summary.textContent = "Save";
    summary.setAttribute("aria-label", `Save the figure: ${words}`);
    menu.append(summary);
    const offer = (label, run) => {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = label;
      button.addEventListener("click", async () => {
        await run();
        menu.open = false;
        summary.focus();
      });
      menu.append(button);
    };
    if (!figure.querySelector("table")) {
      const svg = () => new Blob([drawn(figure)], { type: "image/svg+xml" });
      offer("SVG", () => keep(svg(), `${name}.svg`));
      offer(
        "PNG",
        async () => keep(await pixels(drawn(figure)), `${name}.png`),
      );
    }
    const rows = rowsOf(figure);
    if (rows === null) {
      const none = document.createElement("span");
      none.textContent = "no rows to save";
      menu.append(none);
    } else {
      offer(
        "CSV",
        () => keep(new Blob([rows], { type: "text/csv" }), `${name}.csv`),
      );
    }
    menu.addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return;
      menu.open = false;
      summary.focus();
    });
    figure.append(menu);
  }

  const contents = document.querySelector("details.contents");
  if (contents) {
    const beside = matchMedia("(min-width: 68rem)");
    const fit = () => {
      contents.open = beside.matches;
    };
    beside.addEventListener("change", fit);
    fit();
    const links = new Map(
      Array.from(contents.querySelectorAll("a"), (a) => [a.hash.slice(1), a]),
    );
    const headings = Array.from(
      links.keys(),
      (id) => document.getElementById(id),
    );
    let waiting = false;
    const mark = () => {
      waiting = false;
      let current = null;
      for (const heading of headings) {
        if (heading.getBoundingClientRect().top < 120) current = heading;
      }
      for (const [id, link] of links) {
        if (id === current?.id) link.setAttribute("aria-current", "true");
        else link.removeAttribute("aria-current");
      }
    };
    addEventListener("scroll", () => {
      if (!waiting) requestAnimationFrame(mark);
      waiting = true;
    }, { passive: true });
    mark();
  }

  // What scrolls is reachable by keyboard.
  const BOXES = ".output, .hc-scroll, pre, .text table, .hc-math, math";
  const reach = () => {
    for (const box of document.querySelectorAll(BOXES)) {
      const scrolls = box.scrollWidth > box.clientWidth ||
        box.scrollHeight > box.clientHeight;
      if (scrolls && !box.matches(":has(a, button, input, select)")) {
        box.tabIndex = 0;
      } else box.removeAttribute("tabindex");
    }
  };
  addEventListener("load", reach);
  document.addEventListener("toggle", reach, true);
  addEventListener("resize", reach);
}
