// What every page has.
import "./theme.js";
import "./status.js";
import "./copy.js";
import "./dialogs.js";
import "./keys.js";
