// Exercises that answer in the page.  A cell that holds check("12.2", …) becomes an editor; the first Run starts Python in a worker, with
// the book's own attnlib: the same check and the same hints as in JupyterLab.  Answers and progress stay in this browser.
(() => {
  const SECONDS = 60, KEY = "attention-progress", ROOT = document.documentElement.dataset.content_root;
  const place = new URL(RUNTIME, new URL(`${ROOT}_static/`, location.href)).href;
  const where = new URL(place).host || "this folder";
  const notice = `The first Run loads Python from ${where}, about 9 MB; until then this page loads nothing.`;
  let worker = null, ready = false, current = null, clock = null;

  function inWorker() {
    const HELPER = `
import contextlib, io, os, sys, time, traceback
if not hasattr(time, "thread_time"):
    time.thread_time = time.monotonic
os.environ["ATTNLIB_WORK"] = "/work"
sys.path.insert(0, "/book")
os.makedirs("/work", exist_ok=True)

def run(code):
    import numpy as np
    from fractions import Fraction
    from attnlib.check import check, progress, solution
    said = io.StringIO()
    check.check = check          # chapter 82 imports the module
    space = {"__name__": "__main__", "np": np, "Fraction": Fraction, "check": check, "progress": progress, "solution": solution}
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
        try:
            exec(compile(code, "answer", "exec"), space)
        except BaseException as error:
            lines = [at.lineno for at in traceback.extract_tb(error.__traceback__) if at.filename == "answer"]
            line = getattr(error, "lineno", None) or (lines or [0])[-1]
            print(f"{type(error).__name__}: {getattr(error, 'msg', error)} (line {line})")
    return said.getvalue()
`;
    let python = null, loaded = new Set();
    const file = "/work/progress.json";
    self.onmessage = async ({ data }) => {
      try {
        if (!python) {
          const { loadPyodide } = await import(`${data.place}pyodide.mjs`);
          python = await loadPyodide({ indexURL: data.place });
          await python.loadPackage("numpy", { messageCallback: () => {} });
          const bytes = Uint8Array.from(atob(data.attnlib), c => c.charCodeAt(0));
          python.unpackArchive(bytes.buffer, "zip", { extractDir: "/book" });
          python.runPython(HELPER);
          if (data.progress) python.FS.writeFile(file, data.progress);
        }
        if (!loaded.has(data.bank)) {
          const text = python.FS.readFile(`/book/attnlib/exercises/${data.bank}.py`, { encoding: "utf8" });
          await python.loadPackagesFromImports(text, { messageCallback: () => {} });
          loaded.add(data.bank);
        }
      } catch (error) {
        postMessage({ failed: String(error.message || error) });
        return;
      }
      postMessage({ ready: true });
      python.globals.set("code", data.code);
      const said = python.runPython("run(code)");
      let progress = null;
      try { progress = python.FS.readFile(file, { encoding: "utf8" }); } catch (none) { /* nothing was tried yet */ }
      postMessage({ said, progress });
    };
  }

  function stop(words) {
    clearTimeout(clock);
    if (worker) worker.terminate();
    worker = null;
    ready = false;
    if (current) current.end(words);
    current = null;
  }

  function failed(why) {
    stop(`Python could not be loaded from ${where}: no network, or the address is blocked. Your answer is kept; try Run again, or download ` +
      `the notebook and solve it at home. (${why})`);
  }

  function start() {
    const code = `(${inWorker})()`, kind = "text/javascript";          // a page from a file may start no worker from a blob
    const address = location.protocol === "file:" ? `data:${kind},${encodeURIComponent(code)}` : URL.createObjectURL(new Blob([code], { type: kind }));
    worker = new Worker(address, { type: "module" });
    worker.onerror = event => failed(event.message || "the worker did not start");
    worker.onmessage = ({ data }) => {
      if (data.failed) return failed(data.failed);
      if (data.ready) {
        if (!ready) for (const line of document.querySelectorAll(".exercise-notice")) line.remove();
        ready = true;
        clock = setTimeout(() => stop(`Stopped after ${SECONDS} seconds: does each loop end? The next Run starts Python again.`), 1000 * SECONDS);
        return;
      }
      clearTimeout(clock);
      if (data.progress) localStorage.setItem(KEY, data.progress);
      const cell = current;
      current = null;
      cell.end(data.said);
    };
  }

  function library() {
    if (window.ATTNLIB) return Promise.resolve();
    return new Promise((done, refuse) => {
      const script = Object.assign(document.createElement("script"), { src: `${ROOT}_static/attnlib.js`, onload: done, onerror: refuse });
      document.head.append(script);
    });
  }

  async function run(code, bank, cell) {
    if (current) return cell.end("Another exercise is running: wait for it, or press its Stop.");
    current = cell;
    cell.begin(ready ? "Running …" : `Loading Python from ${where}, about 9 MB, once …`);
    try { await library(); } catch (error) { return failed("attnlib.js"); }
    if (!worker) start();
    worker.postMessage({ code, bank, place, attnlib: window.ATTNLIB, progress: localStorage.getItem(KEY) });
  }

  function element(tag, properties = {}, ...children) {
    const made = Object.assign(document.createElement(tag), properties);
    made.append(...children);
    return made;
  }

  function editor(box) {
    const code = box.querySelector(".cell_input pre").textContent.trimEnd();
    const name = code.match(/check\("(\d\d\.\d+)"/)[1], key = `attention-answer-${name}`;
    const bank = location.pathname.split("/").pop().replace(".html", "");
    if (box.classList.contains("tag_exercise-at-home")) {
      box.append(element("p", { className: "exercise-home" }, "This exercise needs PyTorch, which does not run in a page: download the notebook " +
        "above and open it at home, as ", element("a", { href: `${ROOT}get.html` }, "Get the book"), " says."));
      return;
    }
    const text = element("textarea", { value: localStorage.getItem(key) || code, spellcheck: false, autocapitalize: "off" });
    text.setAttribute("aria-label", `Your answer to ${name}`);
    const said = element("pre", { className: "exercise-said" }, [...box.querySelectorAll(".cell_output pre")].map(p => p.textContent).join("").trimEnd());
    said.setAttribute("role", "status");
    const buttons = Object.fromEntries(["Run", "Stop", "Solution", "Start over"].map(label => [label, element("button", { type: "button" }, label)]));
    const fit = () => { text.rows = text.value.split("\n").length + 1; };
    const cell = {
      begin(words) { said.textContent = words; buttons.Stop.disabled = false; buttons.Run.disabled = buttons.Solution.disabled = true; },
      end(words) { said.textContent = words.trimEnd(); buttons.Stop.disabled = true; buttons.Run.disabled = buttons.Solution.disabled = false; },
    };
    buttons.Stop.disabled = true;
    buttons.Run.onclick = () => run(text.value, bank, cell);
    buttons.Stop.onclick = () => stop("Stopped. The next Run starts Python again.");
    buttons.Solution.onclick = () => run(`solution("${name}")`, bank, cell);
    buttons["Start over"].onclick = () => { text.value = code; localStorage.removeItem(key); fit(); text.focus(); };
    text.oninput = () => { localStorage.setItem(key, text.value); fit(); };
    text.onkeydown = event => {
      if (event.key !== "Enter") return;
      if (event.shiftKey || event.ctrlKey) { event.preventDefault(); buttons.Run.click(); return; }
      const line = text.value.slice(0, text.selectionStart).split("\n").pop();
      const indent = line.match(/^ */)[0] + (line.trimEnd().endsWith(":") ? "    " : "");
      if (indent) { event.preventDefault(); text.setRangeText(`\n${indent}`, text.selectionStart, text.selectionEnd, "end"); text.oninput(); }
    };
    fit();
    box.replaceChildren(text, element("div", { className: "exercise-buttons" }, ...Object.values(buttons)),
      element("p", { className: "exercise-notice" }, notice), said);
    box.classList.add("exercise");
    box.setAttribute("role", "group");
    box.setAttribute("aria-label", `Exercise ${name}`);
    box.id = `exercise-${name.replace(".", "-")}`;
  }

  function kept() {
    try { return JSON.parse(localStorage.getItem(KEY)) || {}; } catch (error) { return {}; }
  }

  function table(box) {
    const tried = kept();
    const rows = Object.entries(EXERCISES).map(([chapter, { title, names }]) => {
      const right = names.filter(name => tried[name] && tried[name].right), begun = names.filter(name => tried[name] && !tried[name].right);
      return element("tr", {}, element("td", {}, element("a", { href: `${ROOT}notebooks/${chapter}.html#exercises` }, title)),
        element("td", {}, `${right.length} of ${names.length}`), element("td", {}, right.join(" ")), element("td", {}, begun.join(" ")));
    });
    const head = element("tr", {}, ...["chapter", "right", "which", "tried, not yet right"].map(words => element("th", { scope: "col" }, words)));
    box.replaceChildren(element("div", { className: "table-wrapper" },
      element("table", { className: "docutils" }, element("thead", {}, head), element("tbody", {}, ...rows))));
  }

  function progress(box) {
    const shown = element("div"), said = element("p", { className: "exercise-said" });
    said.setAttribute("role", "status");
    const file = element("input", { type: "file", accept: ".json", id: "progress-file" });
    const out = element("button", { type: "button" }, "Export progress.json");
    out.onclick = () => {
      const blob = new Blob([localStorage.getItem(KEY) || "{}"], { type: "application/json" });
      element("a", { href: URL.createObjectURL(blob), download: "progress.json" }).click();
    };
    file.onchange = async () => {
      try {
        const found = JSON.parse(await file.files[0].text()), tried = kept();
        for (const [name, entry] of Object.entries(found)) {
          if (!/^\d\d\.\d+$/.test(name) || !Number.isInteger(entry.tries) || typeof entry.right !== "boolean") throw new Error(name);
          const old = tried[name] || { tries: 0, right: false };
          tried[name] = { tries: Math.max(old.tries, entry.tries), right: old.right || entry.right };
        }
        localStorage.setItem(KEY, JSON.stringify(tried));
        said.textContent = `${Object.keys(found).length} exercises were read from ${file.files[0].name}.`;
        table(shown);
      } catch (error) {
        said.textContent = `Expected a progress.json of this book, got ${file.files[0].name}, which is something else (${error.message}). Nothing was changed.`;
      }
    };
    box.append(element("p", { className: "exercise-buttons" }, out, " ",
      element("label", { htmlFor: "progress-file" }, "Import progress.json: "), file), said, shown);
    library().then(() => table(shown));
  }

  document.querySelectorAll(".cell.tag_exercise").forEach(editor);
  document.querySelectorAll("#your-exercises").forEach(progress);
})();
