// Formulas as pictures. Reads [[TeX, is displayed], …] and writes an HTML text for each: an SVG for
// the eye, and MathML for screen readers. The one argument is the folder of MathJax.
const fs = require("fs");

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
    return svg + MathJax.tex2mml(tex, { display }).replace(/\n\s*/g, "");
  };
  fs.writeFileSync(1, JSON.stringify(JSON.parse(fs.readFileSync(0, "utf8")).map(draw)));
}).catch(error => {
  console.error(error.message);
  process.exitCode = 1;
});
