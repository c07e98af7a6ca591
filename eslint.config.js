// Lints the JavaScript of the playground and of the pages for operators, and this file.
import js from "@eslint/js";
import globals from "globals";

export default [
  { files: ["**/*.js"], ...js.configs.recommended, linterOptions: { reportUnusedDisableDirectives: "error" } },
  { files: ["gateway/playground/static/**/*.js", "gateway/http/admin/static/*.js"], languageOptions: { globals: globals.browser } },
  { files: ["gateway/playground/static/theme.js"], languageOptions: { sourceType: "script" } },
  { ignores: [".venv/", "build/", "dist/"] },
];
