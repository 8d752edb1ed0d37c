import js from "@eslint/js";
import globals from "globals";

export default [
  js.configs.recommended,
  {
    files: ["web/*.js", "site/_static/*.js"],
    languageOptions: { globals: globals.browser },
    rules: { eqeqeq: "error", "no-var": "error", "prefer-const": "error" },
  },
  {
    files: ["site/_static/*.js"], // beside what Sphinx puts on its pages
    languageOptions: { globals: { DOCUMENTATION_OPTIONS: "readonly", Search: "readonly" } },
  },
];
