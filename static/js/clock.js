// An estimate of the app's clock: every message of the stream says when it was sent. The smallest delay seen on a
// connection is the offset between the two clocks; any further delay of a message is lateness.
let least = Infinity;

export const forgetClock = () => {
  least = Infinity;
};

// Returns when a message was sent, on this browser's clock. Its id ends in the app's clock in milliseconds.
export function sentAt(id) {
  const sent = Number(id?.split("-").at(-1));
  if (!sent) return Date.now();
  least = Math.min(least, Date.now() - sent);
  return sent + least;
}

// Turns Unix seconds of the app into seconds ago.
export const ago = (seconds) => Math.max(0, (Date.now() - (Number.isFinite(least) ? least : 0)) / 1000 - seconds);

export function span(seconds) {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 120) return `${whole} s`;
  return whole < 7200 ? `${Math.round(whole / 60)} min` : `${Math.round(whole / 3600)} h`;
}
