/** The explorer: fills the part of a page that publish/web/explorer.html is. */

import { Data } from "./data.js";
import { Own } from "./picture.js";
import { read, write } from "./state.js";
import { Card, Garments, make } from "./view.js";

const part = document.querySelector(".explorer");
const find = (name) => part.querySelector(`[data-part="${name}"]`);

class Explorer {
  #turn = 0;

  constructor(data) {
    this.data = data;
    const choose = (picture) => this.go({ picture });
    this.garments = new Garments(find("garments"), data, choose);
    this.cards = [...data.always(), null].map(() => new Card(data, choose));
    find("cards").replaceChildren(...this.cards.map(({ element }) => element));
    find("beside").append(
      ...data.others().map(({ slug, name }) => make("option", { value: slug, textContent: name })),
    );
    find("beside").addEventListener("change", ({ target }) => this.go({ beside: target.value }));
    find("bits").max = data.sizes.length - 1;
    find("bits").addEventListener("input", ({ target }) => this.#slide(target.value, "replace"));
    find("bits").addEventListener("change", ({ target }) => this.#slide(target.value, "push"));
    addEventListener("popstate", () => this.show(read(location.search, data)).catch(explain));
    new Own(find("own"), data, (picture) => {
      this.go({ picture });
      part.scrollIntoView();
    });
  }

  /** While a slider is dragged, the address does not become a part of the history. */
  #slide(at, how) {
    const bits = this.data.sizes[at];
    if (how === "push") history.replaceState(null, "", write(location.search, this.settled));
    this.go({ bits }, how);
  }

  /** Change a part of the state, and the address with it. */
  go(change, how = "push") {
    const state = { ...this.state, ...change };
    history[`${how}State`](null, "", write(location.search, state));
    this.show(state, how === "push").catch(explain);
  }

  async show(state, settled = true) {
    this.state = state;
    if (settled) this.settled = state;
    this.#controls(state);
    const turn = ++this.#turn;
    const { data } = this;
    const methods = [...data.always(), data.method(state.beside)];
    const codes = await Promise.all(methods.map((m) => data.codes(m, state.bits, state.picture)));
    if (turn !== this.#turn) return;
    const found = codes.map((each) => data.search(each, state.picture));
    methods.forEach((method, i) => this.#card(this.cards[i], method, found[i]));
    find("words").textContent = inWords(methods, found, data.className(state.picture));
  }

  #controls({ picture, bits, beside }) {
    const name = this.data.className(picture);
    const where = picture.part === "queries" ? "query" : "image";
    this.garments.show(picture);
    this.data.draw(find("query"), picture);
    find("query").ariaLabel = `What is searched with: ${name}`;
    find("name").replaceChildren(make("strong", {}, name), ` ${where} ${picture.id}`);
    find("bits").value = this.data.sizes.indexOf(bits);
    find("bits").setAttribute("aria-valuetext", `${bits} bits`);
    find("told").textContent = `${bits} bits`;
    find("beside").value = beside;
  }

  #card(card, method, found) {
    const mean = inThousandths(method.scores[found.nBits]);
    const title = [method.name, make("small", {}, `${method.words}, ${found.nBits} bits`)];
    const score = make("strong", {}, inThousandths(found.score));
    card.show(title, [score, ` AP@10; mean of 1,000 queries ${mean}`], found);
  }
}

/** A score as the course writes it. */
const inThousandths = (score) => score.toFixed(3);

/** What went wrong, where the result would stand. */
const explain = (error) => {
  find("words").textContent = `This could not be loaded: ${error.message}.`;
};

/** One line: how many of the ten each method has right. */
function inWords(methods, found, name) {
  const told = methods.map(({ name }, i) => `${name} ${found[i].relevant.filter(Boolean).length}`);
  return `Right among the ten nearest to this ${name}: ${told.join("; ")}.`;
}

try {
  const data = await Data.load();
  const explorer = new Explorer(data);
  await explorer.show(read(location.search, data));
  for (const name of ["bits", "beside"]) find(name).disabled = false;
  part.removeAttribute("aria-busy");
  part.dataset.ready = "true";
  data.prefetch();
} catch (error) {
  explain(error);
}
