// Exercises that answer in the page, and chapters that run in it.  A cell that holds check("12.2", …) becomes an editor; the first Run starts
// Python in a worker, with the book's own attnlib: the same check and the same hints as in JupyterLab.  "Run this chapter" does so with
// all cells of a chapter.  Answers, changed cells and progress stay in this browser.
(() => {
  const SECONDS = 60, KEY = "attention-progress", ROOT = document.documentElement.dataset.content_root;
  const place = new URL(RUNTIME, new URL(`${ROOT}_static/`, location.href)).href;
  const where = new URL(place).host || "this folder";
  const notice = `The first Run loads Python from ${where}, about 9 MB; until then this page loads nothing.`;
  let worker = null, ready = false, current = null, clock = null;

  function inWorker() {
    const HELPER = `
import base64, contextlib, io, json, os, sys, time, traceback
from pyodide.code import eval_code
if not hasattr(time, "thread_time"):
    time.thread_time = time.monotonic
os.environ.update(ATTNLIB_WORK="/work", MPLBACKEND="Agg")
sys.path.insert(0, "/book")
os.makedirs("/work", exist_ok=True)
chapter = {"__name__": "__main__"}

def prepare():
    with contextlib.redirect_stderr(io.StringIO()):           # the first import takes long and says that it builds a cache
        import matplotlib.pyplot

def exercise_space():
    import numpy as np
    from fractions import Fraction
    from attnlib.check import check, progress, solution
    check.check = check          # chapter 82 imports the module
    return {"__name__": "__main__", "np": np, "Fraction": Fraction, "check": check, "progress": progress, "solution": solution}

def run(code, live):
    said, outputs, right = io.StringIO(), [], True
    def put(kind, value):
        if said.getvalue():
            outputs.append(["text", said.getvalue()])
            said.seek(0)
            said.truncate()
        if value:
            outputs.append([kind, value])
    def show():
        for number in plt.get_fignums():
            file = io.BytesIO()
            plt.figure(number).savefig(file, format="png", bbox_inches="tight")
            put("picture", base64.b64encode(file.getvalue()).decode())
        plt.close("all")
    if live:
        import matplotlib.pyplot as plt
        plt.show = show
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
        try:
            value = eval_code(code, chapter if live else exercise_space(), filename="answer")
            if hasattr(value, "_repr_html_"):
                put("html", value._repr_html_())
            elif value is not None:
                put("text", repr(value))
            if live:
                show()
        except BaseException as error:
            right = False
            lines = [at.lineno for at in traceback.extract_tb(error.__traceback__) if at.filename == "answer"]
            line = getattr(error, "lineno", None) or (lines or [0])[-1]
            print(f"{type(error).__name__}: {getattr(error, 'msg', error)} (line {line})")
    put(None, None)
    return json.dumps([outputs, right])
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
        const text = data.live ? data.imports : python.FS.readFile(`/book/attnlib/exercises/${data.bank}.py`, { encoding: "utf8" });
        if (!loaded.has(text)) {
          await python.loadPackagesFromImports(text, { messageCallback: () => {} });
          loaded.add(text);
          if (data.live) python.runPython("prepare()");
        }
      } catch (error) {
        postMessage({ failed: String(error.message || error) });
        return;
      }
      postMessage({ ready: true });
      python.globals.set("code", data.code);
      const [outputs, right] = JSON.parse(python.runPython(`run(code, ${data.live ? "True" : "False"})`));
      let progress = null;
      try { progress = python.FS.readFile(file, { encoding: "utf8" }); } catch (none) { /* nothing was tried yet */ }
      postMessage({ outputs, right, progress });
    };
  }

  function stop(words) {
    clearTimeout(clock);
    if (worker) worker.terminate();
    worker = null;
    ready = false;
    if (current) current.end([["text", words]], false);
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
      cell.end(data.outputs, data.right);
    };
  }

  function library() {
    if (window.ATTNLIB) return Promise.resolve();
    return new Promise((done, refuse) => {
      const script = Object.assign(document.createElement("script"), { src: `${ROOT}_static/attnlib.js`, onload: done, onerror: refuse });
      document.head.append(script);
    });
  }

  async function run(job, size, cell) {
    if (current) return cell.end([["text", "Another cell is running: wait for it, or press its Stop."]], false);
    current = cell;
    cell.begin(ready ? "Running …" : `Loading Python from ${where}, about ${size} MB, once …`);
    try { await library(); } catch (error) { return failed("attnlib.js"); }
    if (!worker) start();
    worker.postMessage({ ...job, place, attnlib: window.ATTNLIB, progress: localStorage.getItem(KEY) });
  }

  function element(tag, properties = {}, ...children) {
    const made = Object.assign(document.createElement(tag), properties);
    made.append(...children);
    return made;
  }

  // A text field for code, which keeps what is written into it, with its buttons: Run, Stop, those given, and Start over.
  function field(code, key, label, go, more = {}) {
    const text = element("textarea", { value: localStorage.getItem(key) || code, spellcheck: false, autocapitalize: "off" });
    text.setAttribute("aria-label", label);
    const button = (words, onclick) => element("button", { type: "button", onclick }, words);
    const fit = () => { text.rows = text.value.split("\n").length + 1; };
    const over = () => { text.value = code; localStorage.removeItem(key); fit(); text.focus(); };
    const [first, stopping, last] = [button("Run", go), button("Stop", () => stop("Stopped. The next Run starts Python again.")), button("Start over", over)];
    const others = Object.entries(more).map(([words, onclick]) => button(words, onclick));
    const busy = on => { stopping.disabled = !on; for (const other of [first, ...others]) other.disabled = on; };
    text.oninput = () => { localStorage.setItem(key, text.value); fit(); };
    text.onkeydown = event => {
      if (event.key !== "Enter") return;
      if (event.shiftKey || event.ctrlKey) { event.preventDefault(); first.click(); return; }
      const line = text.value.slice(0, text.selectionStart).split("\n").pop();
      const indent = line.match(/^ */)[0] + (line.trimEnd().endsWith(":") ? "    " : "");
      if (indent) { event.preventDefault(); text.setRangeText(`\n${indent}`, text.selectionStart, text.selectionEnd, "end"); text.oninput(); }
    };
    fit();
    busy(false);
    return { text, busy, buttons: element("div", { className: "exercise-buttons" }, first, stopping, ...others, last) };
  }

  const sourceOf = box => box.querySelector(".cell_input pre").textContent.trimEnd();
  const PAGE = location.pathname.split("/").pop().replace(".html", "");

  function editor(box) {
    const code = sourceOf(box), name = code.match(/check\("(\d\d\.\d+)"/)[1];
    if (box.classList.contains("tag_exercise-at-home")) {
      box.append(element("p", { className: "exercise-home" }, "This exercise needs PyTorch, which does not run in a page: download the notebook " +
        "above and open it at home, as ", element("a", { href: `${ROOT}get.html` }, "Get the book"), " says."));
      return;
    }
    const said = element("pre", { className: "exercise-said" }, [...box.querySelectorAll(".cell_output pre")].map(p => p.textContent).join("").trimEnd());
    said.setAttribute("role", "status");
    const cell = {
      begin(words) { said.textContent = words; part.busy(true); },
      end(outputs) { said.textContent = outputs.map(([, words]) => words).join("").trimEnd(); part.busy(false); },
    };
    const answer = code => run({ code, bank: PAGE }, 9, cell);
    const part = field(code, `attention-answer-${name}`, `Your answer to ${name}`, () => answer(part.text.value),
      { Solution: () => answer(`solution("${name}")`) });
    box.replaceChildren(part.text, part.buttons, element("p", { className: "exercise-notice" }, notice), said);
    box.classList.add("exercise");
    box.id = `exercise-${name.replace(".", "-")}`;
  }

  // ---- a whole chapter ---------------------------------------------------------------------------------------------

  function shown([kind, value]) {
    if (kind === "text") return element("div", { className: "output stream highlight-none notranslate" }, element("div", { className: "highlight" }, element("pre", {}, value)));
    if (kind === "html") return element("div", { className: "output text_html", innerHTML: value });
    return element("img", { src: `data:image/png;base64,${value}` });
  }

  function chapter(place) {
    const boxes = [...document.querySelectorAll(".cell:not(.tag_exercise):not(.tag_nbval-skip)")].filter(box => box.querySelector(".cell_input pre"));
    const sources = boxes.map(sourceOf), size = 25;
    const said = element("span", {}, `runs its ${boxes.length} cells here; the first time it loads Python, Matplotlib and pandas from ${where}, about ${size} MB`);
    said.setAttribute("role", "status");
    let ran = null, done = 0, cells = null;                                // how many cells were run in the worker that is there

    function live(box, at) {
      const out = box.querySelector(".cell_output") || element("div", { className: "cell_output docutils container" });
      const alts = [...out.querySelectorAll("img")].map(picture => picture.alt);
      const part = field(sources[at], `attention-cell-${PAGE}-${sources[at]}`, `Cell ${at + 1} of this chapter`, () => through(at));
      const raises = box.classList.contains("tag_raises-exception");
      let settle = null;
      const cell = {
        begin(words) { part.busy(true); said.textContent = `Cell ${at + 1} of ${boxes.length}: ${words}`; },
        end(outputs, right) {
          part.busy(false);
          if (right && raises) outputs.push(["text", "No error came. In JupyterLab this cell raises the one that the text speaks of; a browser's arithmetic does not report overflow."]);
          out.replaceChildren(...outputs.map(shown));
          out.querySelectorAll("img").forEach((picture, k) => { picture.alt = part.text.value === sources[at] && alts[k] || "A picture that this cell has drawn now"; });
          settle(right || raises);
        },
      };
      box.replaceChildren(part.text, part.buttons, out);
      return () => new Promise(resolve => {
        settle = resolve;
        run({ code: part.text.value, live: true, imports: sources.join("\n") }, size, cell);
      });
    }

    // Run a cell, and before it those above that this Python has not run yet.
    async function through(last) {
      if (worker === null || worker !== ran) done = 0;
      for (let at = Math.min(done, last); at <= last; at++) {
        const right = await cells[at]();
        ran = worker;
        if (!right) { said.textContent = `Stopped at cell ${at + 1} of ${boxes.length}; what it says stands below it.`; return; }
        done = Math.max(done, at + 1);
      }
      said.textContent = last + 1 === boxes.length ? `All ${boxes.length} cells were run.` : `Cell ${last + 1} of ${boxes.length} was run.`;
    }

    const go = element("button", { type: "button", id: "run-chapter" }, "Run this chapter");
    go.onclick = () => {
      cells = cells || boxes.map(live);
      through(boxes.length - 1);
    };
    place.append(element("span", { className: "exercise-buttons" }, go, said));
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
  document.querySelectorAll(".actions.live").forEach(chapter);
  document.querySelectorAll("#your-exercises").forEach(progress);
})();
