// Search shows an extract of each page it found, which a browser cannot fetch from a file.
if (location.protocol === "file:") DOCUMENTATION_OPTIONS.SHOW_SEARCH_SUMMARY = false;
