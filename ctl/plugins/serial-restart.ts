import { matchesName } from '../../conf/glob.ts';
import { formatNamespec } from '../../rpc/namespec.ts';
import { patternsOf } from './matching.ts';
import type { PluginFactory } from './plugin.ts';

const help = `serialrestart <name>\t\tRestart a process
serialrestart <gname>:*\t\tRestart the processes of a group, one after the other
serialrestart <pattern> <pattern>\tRestart processes whose names match, one after the other
serialrestart all\t\tRestart all processes, one after the other`;

/**
 * What the Python plug-in supervisor-serialrestart does: `serialrestart` restarts one process after the other, so
 * that the rest of them are up meanwhile.
 */
export const makeSerialRestart: PluginFactory = (controller) => ({
  serialrestart: {
    help,
    completes: 'processes',
    async run(words) {
      if (words.length === 0) {
        controller.print('Error: serialrestart requires a process name');
        for (const line of help.split('\n')) controller.print(line);
        return 1;
      }
      const all = (await controller.processes()).map(({ group, name }) => formatNamespec(group, name));
      const patterns = patternsOf(words);
      let exitStatus = 0;
      for (const pattern of patterns.filter((one) => !all.some((name) => matchesName(name, one)))) {
        controller.print(`No such process ${pattern}`);
        exitStatus = 1;
      }
      for (const name of all.filter((one) => patterns.some((pattern) => matchesName(one, pattern)))) {
        const status = await controller.run(`restart ${name}`);
        if (status !== 0) exitStatus = status;
      }
      return exitStatus;
    },
  },
});
