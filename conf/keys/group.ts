import { integer, list } from '../values.ts';
import type { KeyTable } from './key.ts';

/** Keys of `[group:x]`. */
export const groupKeys = {
  programs: {
    read: list,
    default: undefined,
    absent: 'no programs',
    sample: 'first_program,second_program',
    doc: 'Names of the `[program:x]` and `[fcgi-program:x]` sections whose processes make up the group.',
  },
  priority: {
    read: integer,
    default: '999',
    doc: 'Groups of lower priority start first and stop last.',
  },
} satisfies KeyTable;
