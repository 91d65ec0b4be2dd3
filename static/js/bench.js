// The modules of a page with a stage.
import "./age.js";
import "./motion.js";
import "./reading.js";
import "./verdict.js";
import "./waits.js";
import "./guide.js";
import "./focus.js";
import "./tabs.js";
import "./fetched.js";
import "./inspector.js";
import "./travel.js";
