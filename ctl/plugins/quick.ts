import { faultName } from '../../rpc/faults.ts';
import { ServerFault } from '../failures.ts';
import { fullName, matchingProcesses, patternsOf } from './matching.ts';
import type { PluginCommand, PluginFactory } from './plugin.ts';

const outcomes = { start: 'RUNNING', stop: 'STOPPED' } as const;

/**
 * What the Python plug-in supervisor-quick does: `quickstart`, `quickstop` and `quickrestart` act on all processes
 * that match a pattern of `group:name` at once.
 */
export const makeQuick: PluginFactory = (controller) => {
  const actOn = async (verb: 'start' | 'stop', words: readonly string[]): Promise<number> => {
    const patterns = patternsOf(words).map((word) => (word.endsWith(':') ? `${word}*` : word));
    const processes = await matchingProcesses(controller, patterns, fullName);
    const statuses = await Promise.all(processes.map((process) => actOnOne(verb, fullName(process))));
    return Math.max(0, ...statuses);
  };

  const actOnOne = async (verb: 'start' | 'stop', namespec: string): Promise<number> => {
    try {
      await controller.call(`supervisor.${verb}Process`, namespec);
      controller.print(`${namespec}: ${outcomes[verb]}`);
      return 0;
    } catch (error) {
      if (!(error instanceof ServerFault)) throw error;
      controller.print(`${namespec} ERROR(${faultName(error.code) ?? error.text})`);
      return 1;
    }
  };

  const command = (verb: string, run: PluginCommand['run']): PluginCommand => ({
    help:
      `quick${verb} <pattern> <pattern>\t${verb} all processes at once whose group:name matches a pattern\n` +
      `quick${verb} <gname>:\t\t${verb} all processes of a group at once\n` +
      `quick${verb} all\t\t${verb} all processes at once`,
    completes: 'processes',
    run,
  });

  return {
    quickstart: command('start', (words) => actOn('start', words)),
    quickstop: command('stop', (words) => actOn('stop', words)),
    quickrestart: command('restart', async (words) => {
      await actOn('stop', words);
      return actOn('start', words);
    }),
  };
};
