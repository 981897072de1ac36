import js from "@eslint/js";
import globals from "globals";

const limits = {
  complexity: ["error", 10],
  "max-lines": ["error", 300],
  "max-lines-per-function": ["error", 60],
  "max-params": ["error", 6],
  "own/max-lines-per-class": "error",
};

/** As max-lines-per-function, which ESLint has for functions only. */
const maxLinesPerClass = {
  create: (context) => ({
    ClassDeclaration(node) {
      const lines = node.loc.end.line - node.loc.start.line + 1;
      if (lines > 200) context.report({ node, message: `This class has ${lines} lines; 200 is the most.` });
    },
  }),
};

export default [
  { ignores: ["node_modules/", ".venv/", "explorer/web/runtime/*.mjs", "**/.cache/"] },
  js.configs.recommended,
  {
    plugins: { own: { rules: { "max-lines-per-class": maxLinesPerClass } } },
    rules: limits,
    linterOptions: { reportUnusedDisableDirectives: "error" },
  },
  {
    files: ["explorer/**/*.js", "benchmarks/*.js"],
    languageOptions: { globals: { ...globals.browser, Plotly: "readonly" } },
  },
  { files: ["explorer/web/runtime/*.js"], languageOptions: { globals: globals.worker } },
  { files: ["explorer/web/head.js"], languageOptions: { sourceType: "script" } },
  { files: ["tests/web/**/*.js", "*.js"], languageOptions: { globals: globals.node } },
];
