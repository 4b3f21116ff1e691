export default {
  root: true,
  extends: ["html-validate:recommended"],
  rules: {
    // templ writes the doctype in lower case, which HTML allows.
    "doctype-style": "off",
    // Titles contain names from replies, which can be long. HTML has no limit.
    "long-title": "off",
  },
};
