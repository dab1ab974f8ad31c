/** A command that a page of the documentation shows, and what it says that prints. */
export interface Example {
  readonly command: string;
  /** An ellipsis as the last line stands for anything more. */
  readonly output: string;
}

/** The commands in the `console` blocks of a page, in order. */
export function examplesOf(page: string): Example[] {
  const examples: Example[] = [];
  for (const [, block = ''] of page.matchAll(/```console\n(.*?)```/gs)) {
    for (const part of block.split(/^\$ /m).slice(1)) {
      const end = part.indexOf('\n');
      examples.push({ command: part.slice(0, end), output: part.slice(end + 1) });
    }
  }
  return examples;
}

/** Leaves of an output what stays the same from run to run. */
export function essence(text: string): string {
  return text
    .replaceAll(/[A-Z][a-z]{2} \d\d \d\d:\d\d [AP]M/g, 'TIME')
    .replaceAll(/\d+(\.\d+)? MiB/g, 'N MiB')
    .replaceAll(/\d+/g, 'N')
    .replaceAll(/ +/g, ' ');
}
