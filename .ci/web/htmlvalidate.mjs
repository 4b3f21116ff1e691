export default {
  root: true,
  extends: ["html-validate:recommended"],
  rules: {
    // templ writes the doctype in lower case, which HTML allows.
    "doctype-style": "off",
    // The names in a title are other people's; HTML sets them no bound.
    "long-title": "off",
  },
};
