// Formulas as pictures. Reads [[TeX, is displayed], …] and writes an HTML text for each: an SVG for
// the eye, and MathML for screen readers. The one argument is the folder of MathJax.
const fs = require("fs");

// Out of sight by itself, for the speaker notes are shown without the deck's style sheet.
const UNSEEN = "position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%)";
const settings = {
  tex: { packages: { "[-]": ["noerrors", "noundefined"] } },
  svg: { fontCache: "none" },
  loader: { load: ["input/tex", "output/svg"] },
};

require(process.argv[2]).init(settings).then(MathJax => {
  const draw = ([tex, display]) => {
    const page = MathJax.startup.adaptor.innerHTML(MathJax.tex2svg(tex, { display }));
    if (page.includes("data-mjx-error")) throw Error(`MathJax cannot read: ${tex}`);
    const svg = page.replace(/ data-[\w-]+="[^"]*"/g, "").replace('role="img"', 'aria-hidden="true"');
    const mathml = MathJax.tex2mml(tex, { display }).replace(/\n\s*/g, "");
    return svg + mathml.replace("<math", `<math style="${UNSEEN}"`);
  };
  fs.writeFileSync(1, JSON.stringify(JSON.parse(fs.readFileSync(0, "utf8")).map(draw)));
}).catch(error => {
  console.error(error.message);
  process.exitCode = 1;
});
