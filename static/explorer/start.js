// A link to a row (#i-…) leads readers by keyboard to it, not only the eye.
const row = location.hash.startsWith("#i-") && document.getElementById(location.hash.slice(1));
if (row) {
  row.tabIndex = -1;
  row.focus();
}
