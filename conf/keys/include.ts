import { string } from '../values.ts';
import type { KeyTable } from './key.ts';

/** Keys of `[include]`. */
export const includeKeys = {
  files: {
    read: string,
    default: undefined,
    absent: 'required',
    sample: 'relative/directory/*.ini',
    doc: 'Patterns between blanks. Each is relative to the main file; matches are read in code point order, as if appended to the main file.',
  },
} satisfies KeyTable;
