/** Numbers and states as words. */

export const PHASE_WORDS = {
  starting: "The service is starting",
  locking: "Another process is preparing the model; waiting for it",
  downloading: "Downloading the model",
  verifying: "Checking the downloaded file",
  loading: "Loading the model into memory",
  warming_up: "Trying the first word",
  ready: "Ready",
  draining: "The service is shutting down",
  failed: "The service could not start",
};

export function sentence(words) {
  const trimmed = words.trim();
  return /[.!?]$/.test(trimmed) ? trimmed : `${trimmed}.`;
}

export function sizeWords({ downloaded_bytes: done, total_bytes: all }) {
  if (done === undefined || all === undefined) return "";
  return `${gigabytes(done)} of ${gigabytes(all)}`;
}

export function durationWords(seconds) {
  const whole = Math.round(seconds);
  return whole < 60 ? `${whole} s` : `${Math.floor(whole / 60)} min ${whole % 60} s`;
}

/** An estimate, so no more exact than it can be. */
export function timeLeftWords(seconds) {
  if (seconds < 10) return "a few seconds left";
  if (seconds < 90) return `about ${Math.round(seconds / 10) * 10} seconds left`;
  if (seconds < 90 * 60) return `about ${Math.round(seconds / 60)} minutes left`;
  return `about ${Math.round(seconds / 3600)} hours left`;
}

export function placeWords(place) {
  return place === 1 ? "You are next in line." : `You are number ${place} in line.`;
}

function gigabytes(bytes) {
  return bytes >= 1e9 ? `${(bytes / 1e9).toFixed(2)} GB` : `${Math.round(bytes / 1e6)} MB`;
}
