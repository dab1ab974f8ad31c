import type { Command } from '../command.ts';
import { exitStatuses } from '../exit-status.ts';
import { upcheck } from '../upcheck.ts';
import { status } from './status.ts';

/** `open`: talks to another supervisord from now on, and shows its processes. */
export const open: Command = {
  help: [
    'open <url>\tConnect to a remote supervisord process.',
    '\t\t(for UNIX domain socket, use unix:///socket/path)',
  ],
  async run(session, { text }) {
    if (!/^(?:unix|http):/i.test(text)) {
      session.print('ERROR: url must be http:// or unix://');
      return exitStatuses.GENERIC;
    }
    session.open(text);
    if ((await upcheck(session)) === undefined) await status.run(session, { text: '', words: [] });
    // That a process there is down, or the server is, is no failure of the switch.
    return exitStatuses.SUCCESS;
  },
};
