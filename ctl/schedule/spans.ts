/** How long something takes or is away, as people say it. */
const units = [
  { letter: 'd', seconds: 86_400 },
  { letter: 'h', seconds: 3600 },
  { letter: 'm', seconds: 60 },
  { letter: 's', seconds: 1 },
] as const;

/** The two largest units that count: `2d04h`, `3h`, `2m03s`, `41s`; below ten seconds with tenths. */
export function spanText(seconds: number): string {
  if (seconds < 9.95) return `${Math.max(0, seconds).toFixed(1)}s`;
  const total = Math.round(seconds);
  const index = units.findIndex((unit) => total >= unit.seconds);
  const [larger, smaller] = [units[index], units[index + 1]];
  if (larger === undefined) return `${total}s`;
  const rest = smaller === undefined ? 0 : Math.floor((total % larger.seconds) / smaller.seconds);
  const first = `${Math.floor(total / larger.seconds)}${larger.letter}`;
  return smaller === undefined || rest === 0
    ? first
    : `${first}${String(rest).padStart(2, '0')}${smaller.letter}`;
}

/** `in 3h`, `3h ago`. */
export function distanceText(from: number, to: number): string {
  return to >= from ? `in ${spanText(to - from)}` : `${spanText(from - to)} ago`;
}
