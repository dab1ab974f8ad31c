import { integer, list, string } from '../values.ts';
import type { KeyTable } from './key.ts';
import { programKeys } from './program.ts';

/** The one result handler there is. */
export const defaultResultHandler = 'supervisor.dispatchers:default_handler';

/** Keys of `[eventlistener:x]`. */
export const eventlistenerKeys = {
  ...programKeys,
  events: {
    read: list,
    default: undefined,
    absent: 'required',
    sample: 'EVENT',
    doc: 'Types of the events that the pool receives, between commas.',
  },
  buffer_size: {
    read: integer,
    default: '10',
    unit: 'events',
    doc: 'How many events wait for a listener that is free; beyond, the oldest is dropped.',
  },
  result_handler: {
    read: string,
    default: defaultResultHandler,
    doc: `Must be \`${defaultResultHandler}\`.`,
  },
  priority: {
    read: integer,
    default: '-1',
    doc: 'Priority of the pool, which starts before and stops after ordinary groups. Its processes still default to 999.',
  },
} satisfies KeyTable;
