import { mode, socketBacklog } from '../addresses.ts';
import { ownership } from '../users.ts';
import { string } from '../values.ts';
import type { KeyTable } from './key.ts';
import { programKeys } from './program.ts';

/** Keys of `[fcgi-program:x]`. */
export const fcgiProgramKeys = {
  ...programKeys,
  socket: {
    read: string,
    default: undefined,
    absent: 'required',
    sample: 'tcp://localhost:9000',
    doc: 'The listening socket that all processes of the program have as stdin: `tcp://host:port` or `unix:///absolute/path`.',
  },
  socket_owner: {
    read: ownership('socket_owner'),
    default: undefined,
    absent: 'the `user` of the program',
    sample: 'nobody:nogroup',
    doc: 'Owner of a Unix socket, as `user` or `user:group`.',
  },
  socket_mode: {
    read: mode('socket_mode'),
    default: undefined,
    absent: '`0700` for a Unix socket',
    sample: '0700',
    doc: 'Mode of a Unix socket.',
  },
  socket_backlog: {
    read: socketBacklog,
    default: undefined,
    absent: "the system's limit",
    sample: '128',
    unit: 'connections',
    doc: 'Length of the queue of connections that wait.',
  },
} satisfies KeyTable;
