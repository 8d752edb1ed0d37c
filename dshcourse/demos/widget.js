// The controls of a demo: native elements, so that keyboard, touch and screen readers just work.
// The kernel is asked one question at a time; what changes meanwhile goes into the next one.

const BUSY_AFTER = 200; // milliseconds; what is faster than that would only flicker

function make(tag, properties = {}, ...children) {
  const { attributes = {}, ...others } = properties;
  const element = Object.assign(document.createElement(tag), others);
  element.dataset.lmSuppressShortcuts = ""; // else JupyterLab takes arrow keys for itself
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

// Each kind of control: { element, inputs, set(text) }; ask(text) is called when it is moved.

function slider({ label, texts }, id, ask) {
  const input = make("input", { type: "range", id, min: 0, max: texts.length - 1, step: 1 });
  const value = make("span", { className: "value", attributes: { "aria-hidden": "true" } });
  const tell = () => {
    value.textContent = texts[input.value];
    input.setAttribute("aria-valuetext", texts[input.value]);
  };
  input.addEventListener("input", () => { tell(); ask(texts[input.value]); });
  const set = text => { input.value = texts.indexOf(text); tell(); };
  const row = make("div", {}, make("label", { htmlFor: id, textContent: label }), input, value);
  return { element: row, inputs: [input], set };
}

function list({ label, texts }, id, ask) {
  const input = make("select", { id }, ...texts.map(text => new Option(text)));
  input.addEventListener("input", () => ask(input.value));
  const row = make("div", {}, make("label", { htmlFor: id, textContent: label }), input);
  return { element: row, inputs: [input], set: text => { input.value = text; } };
}

function buttons({ label, texts, pictures }, id, ask) {
  const inputs = texts.map(value => make("input", { type: "radio", name: id, value }));
  const labels = inputs.map((input, i) => {
    input.addEventListener("input", () => ask(texts[i]));
    const named = make("label", { className: pictures[i] ? "picture" : "" }, input);
    if (pictures[i]) named.insertAdjacentHTML("beforeend", pictures[i]);
    else named.append(texts[i]);
    return named;
  });
  const group = { role: "radiogroup", "aria-labelledby": id };
  const row = make("div", { attributes: group }, make("span", { id, textContent: label }),
                   make("div", { className: "options" }, ...labels));
  const set = text => inputs.forEach((input, i) => { input.checked = texts[i] === text; });
  return { element: row, inputs, set };
}

const KINDS = { range: slider, list, buttons, pictures: buttons };

// Parts of a page that stand for a value of a choice become buttons. The arrow keys move within a
// list of them, so that a list takes one stop of the Tab key.
function enliven(page, ask) {
  for (const part of page.querySelectorAll("[data-choice]")) {
    const { choice, value } = part.dataset;
    const button = make("button", { type: "button", title: part.title });
    button.append(...part.childNodes);
    button.addEventListener("click", () => ask(choice, value));
    part.replaceWith(button);
  }
  for (const items of page.querySelectorAll("ol")) {
    const all = [...items.querySelectorAll("button")];
    all.forEach((button, i) => {
      button.tabIndex = i ? -1 : 0;
      button.addEventListener("focus", () => all.forEach(b => { b.tabIndex = b === button ? 0 : -1; }));
      button.addEventListener("keydown", event => {
        const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
        if (!step) return;
        event.preventDefault();
        all[(i + step + all.length) % all.length].focus();
      });
    });
  }
}

function render({ model, el }) {
  const id = `demo-${Math.random().toString(36).slice(2)}`;
  let wanted = {}, count = 0, asked = null, busy;

  function ask(name, text) {
    wanted[name] = text;
    if (asked === null) send();
  }

  function send() {
    asked = `${id} ${++count}`; // other views of this demo have other ids
    model.send({ number: asked, values: wanted });
    wanted = {};
    output.ariaBusy = "true";
    clearTimeout(busy);
    busy = setTimeout(() => { status.textContent = "computing …"; }, BUSY_AFTER);
  }

  const controls = model.get("controls").map((choice, i) => {
    const control = KINDS[choice.kind](choice, `${id}-${i}`, text => ask(choice.name, text));
    const reason = make("span", { className: "reason", id: `${id}-${i}-reason` });
    control.element.className = `choice ${choice.kind}`;
    control.element.append(reason);
    return { ...control, reason, name: choice.name };
  });
  const output = make("div", { className: "output" });
  const status = make("p", { attributes: { role: "status" } });
  const alert = make("p", { attributes: { role: "alert" } });
  output.style.minHeight = model.get("height");

  function setControls({ values, unused }) {
    for (const { name, inputs, reason, set } of controls) {
      set(values[name]);
      reason.textContent = unused[name] ?? "";
      for (const input of inputs) {
        input.disabled = name in unused;
        if (input.disabled) input.setAttribute("aria-describedby", reason.id);
        else input.removeAttribute("aria-describedby");
      }
    }
  }

  async function show() {
    const shown = model.get("shown");
    if (shown.number === asked) {
      asked = null;
      clearTimeout(busy);
      if (Object.keys(wanted).length) send();
    }
    if (asked === null) setControls(shown); // else a handle that is being dragged would jump back
    const page = make("div", { innerHTML: shown.html });
    await Promise.all([...page.querySelectorAll("img")].map(img => img.decode().catch(() => {})));
    if (shown !== model.get("shown")) return; // a newer answer came while pictures were decoded
    const all = () => [...output.querySelectorAll("button")];
    const focused = all().indexOf(document.activeElement);
    enliven(page, ask);
    output.replaceChildren(...page.childNodes);
    all()[focused]?.focus();
    alert.textContent = shown.error;
    if (asked !== null) return;
    output.ariaBusy = "false";
    status.textContent = shown.words;
    status.className = shown.visible ? "" : "unseen";
  }

  el.classList.add("demo");
  el.append(
    make("fieldset", {}, make("legend", { textContent: "Choose" }), ...controls.map(c => c.element)),
    status, alert, output,
  );
  model.on("change:shown", show);
  show();
  return () => model.off("change:shown", show);
}

export default { render };
