/** Takes out of an answer what no two daemons have in common: pids, times and their own directories. */
import type { Daemon } from '../../support/daemons.ts';

/** Members of structs that are 0, or some number that depends on the moment. */
const moments: ReadonlySet<string> = new Set(['pid', 'start', 'stop', 'now']);

const replacements: readonly (readonly [RegExp, string])[] = [
  [/\bpid \d+/g, 'pid N'],
  [/'(\S+)' \(\d+\)/g, "'$1' (N)"],
  [/\buptime (?:\d+ days?, )?-?\d+:\d\d:\d\d/g, 'uptime T'],
  [/\b(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) \d\d \d\d:\d\d [AP]M/g, 'DATE'],
  [/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} /gm, ''],
  [/(-(?:stdout|stderr)---[^/]+)-\w{8}\.log/g, '$1-XXXXXXXX.log'],
];

/** A text in which only behaviour is left; the daemon's directory is `{dir}`. */
export function normaliseText(text: string, daemon: Daemon): string {
  let normalised = text.replaceAll(daemon.dir, '{dir}');
  for (const [pattern, replacement] of replacements) {
    normalised = normalised.replace(pattern, replacement);
  }
  return normalised;
}

/** The same for a value of any depth. Maps, as the XML-RPC client answers, become objects. */
export function normalise(value: unknown, daemon: Daemon): unknown {
  if (typeof value === 'string') return normaliseText(value, daemon);
  if (Array.isArray(value)) return value.map((item) => normalise(item, daemon));
  if (value instanceof Map) return normaliseMembers([...value], daemon);
  if (typeof value === 'object' && value !== null) return normaliseMembers(Object.entries(value), daemon);
  return value;
}

function normaliseMembers(members: readonly (readonly [string, unknown])[], daemon: Daemon): unknown {
  return Object.fromEntries(
    members.map(([name, value]) => {
      if (moments.has(name) && typeof value === 'number') return [name, value === 0 ? 0 : 'set'];
      return [name, normalise(value, daemon)];
    }),
  );
}
