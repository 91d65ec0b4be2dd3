// The modules of every page.
import "./theme.js";
import "./status.js";
import "./copy.js";
import "./dialogs.js";
import "./keys.js";
import "./terms.js";
