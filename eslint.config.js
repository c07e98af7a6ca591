// Lints the playground's JavaScript, and this file.
import js from "@eslint/js";
import globals from "globals";

export default [
  { files: ["**/*.js"], ...js.configs.recommended, linterOptions: { reportUnusedDisableDirectives: "error" } },
  { files: ["gateway/playground/static/**/*.js"], languageOptions: { globals: globals.browser } },
  { files: ["gateway/playground/static/theme.js"], languageOptions: { sourceType: "script" } },
  { ignores: [".venv/", "build/", "dist/"] },
];
