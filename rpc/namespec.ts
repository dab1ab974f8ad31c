/**
 * A namespec: how people and clients name processes.
 *
 * `group:process` is one process, and `name` alone the process of that name in the group of that name.
 * `group:*` and `group:` are the whole group.
 */
export interface Namespec {
  readonly group: string;
  /** `undefined`: every process of the group. */
  readonly process: string | undefined;
}

/**
 * Reads a namespec. The first colon divides, since names have none.
 *
 * @see supervisor/options.py, `split_namespec`
 */
export function parseNamespec(text: string): Namespec {
  const colon = text.indexOf(':');
  if (colon === -1) return { group: text, process: text };
  const process = text.slice(colon + 1);
  return { group: text.slice(0, colon), process: process === '' || process === '*' ? undefined : process };
}

/**
 * The shortest namespec of a process: the group is left out where it has the process's name.
 *
 * @see supervisor/options.py, `make_namespec`
 */
export function formatNamespec(group: string, process: string): string {
  return group === process ? process : `${group}:${process}`;
}
