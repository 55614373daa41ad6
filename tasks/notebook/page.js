// Script of a report page: theme, folding, contents. No network, no storage
// that must work: a page opened from disk may have none.
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
  const BOXES = ".output, .hc-scroll, pre, .text table, .katex, math";
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
