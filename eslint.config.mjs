/* For static/js, by npm packages that .ci/run installs outside of this folder. */
import js from "@eslint/js";
import globals from "globals";

export default [
  { ignores: ["static/js/vendor/"] },
  js.configs.recommended,
  {
    files: ["static/js/**/*.js"],
    languageOptions: { sourceType: "module", globals: globals.browser },
    rules: {
      eqeqeq: "error",
      "no-unused-vars": ["error", { argsIgnorePattern: "^_" }],
      "no-var": "error",
      "prefer-const": "error",
    },
  },
];
