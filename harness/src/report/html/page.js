"use strict";
// The page is whole without this: it searches, filters, and opens what a link leads to.
(() => {
  const byId = (id) => document.getElementById(id);
  const query = byId("query");
  const mark = byId("mark");
  const differing = byId("differing");
  const found = byId("found");
  const items = [...document.querySelectorAll("[data-item]")].map((node) => ({
    node,
    text: node.textContent.toLowerCase(),
    mark: node.dataset.mark,
    differs: "differs" in node.dataset,
    shown: true,
  }));
  const groups = [...document.querySelectorAll("[data-group]")];
  // What was open before a search opened more.
  let before = null;

  const words = () => query.value.toLowerCase().split(/\s+/).filter(Boolean);

  const filter = () => {
    const wanted = words();
    const active = wanted.length > 0 || mark.value !== "" || differing.checked;
    let count = 0;
    for (const item of items) {
      item.shown =
        (!differing.checked || item.differs) &&
        (mark.value === "" || item.mark === mark.value) &&
        wanted.every((word) => item.text.includes(word));
      item.node.hidden = !item.shown;
      count += item.shown ? 1 : 0;
    }
    if (active && before === null) before = groups.filter((group) => group.open);
    for (const group of groups) {
      const some = group.querySelector("[data-item]:not([hidden])") !== null;
      group.hidden = !some;
      if (active) group.open = some;
      else if (before !== null) group.open = before.includes(group);
    }
    if (!active) before = null;
    found.textContent = active ? `${count} of ${items.length} entries found.` : "";
  };

  const clear = () => {
    query.value = "";
    mark.value = "";
    differing.checked = false;
    filter();
  };

  // Opens everything an element stands in, and the element.
  const reveal = () => {
    const id = decodeURIComponent(location.hash.slice(1));
    const target = id && byId(id);
    if (!target) return;
    const hidden = target.closest("[hidden]");
    if (hidden && hidden.id !== "controls") clear();
    for (let node = target; node; node = node.parentElement) {
      if (node instanceof HTMLDetailsElement) node.open = true;
    }
    // What stays at the top hides what is scrolled there.
    const bar = byId("controls");
    const stays = getComputedStyle(bar).position === "sticky";
    document.documentElement.style.scrollPaddingTop = stays ? `${bar.offsetHeight + 16}px` : "";
    target.scrollIntoView();
    const told = { DETAILS: "summary", SECTION: "h2" }[target.tagName];
    const focus = (told && target.querySelector(told)) || target;
    if (focus.tabIndex < 0) focus.tabIndex = -1;
    focus.focus({ preventScroll: true });
  };

  const every = (open) => {
    for (const node of document.querySelectorAll("main details")) node.open = open;
  };

  byId("controls").hidden = false;
  query.addEventListener("input", filter);
  mark.addEventListener("change", filter);
  differing.addEventListener("change", filter);
  query.form.addEventListener("submit", (event) => event.preventDefault());
  byId("unfold").addEventListener("click", () => every(true));
  byId("fold").addEventListener("click", () => every(false));
  document.addEventListener("keydown", (event) => {
    const typing = event.target instanceof Element && event.target.matches("input, select, textarea");
    if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
      event.preventDefault();
      query.focus();
    } else if (event.key === "Escape" && event.target === query) {
      clear();
    }
  });
  window.addEventListener("hashchange", reveal);
  // A link to where one is already changes no hash.
  document.addEventListener("click", (event) => {
    const link = event.target instanceof Element && event.target.closest('a[href^="#"]');
    if (link && link.getAttribute("href") === location.hash) reveal();
  });
  let folded = null;
  window.addEventListener("beforeprint", () => {
    folded = [...document.querySelectorAll("main details:not([open])")];
    for (const node of folded) node.open = true;
  });
  window.addEventListener("afterprint", () => {
    for (const node of folded ?? []) node.open = false;
    folded = null;
  });
  reveal();
  // The browser, having gone to what is named, takes the focus from where it cannot be by itself.
  window.addEventListener("load", () => setTimeout(reveal));
})();
