/** Runs the same steps with our supervisorctl and the real one, each against a real supervisord of its own. */
import { expect } from '@jest/globals';
import { type CtlResult, Daemon, type Implementation } from '../../support/daemons.ts';
import { waitFor } from '../../support/wait-for.ts';

/** One thing to do to a daemon. */
export type Step =
  | {
      readonly type: 'ctl';
      readonly args: readonly string[];
      readonly input?: string;
    }
  | { readonly type: 'configure'; readonly configuration: string }
  | { readonly type: 'until'; readonly name: string; readonly state: string }
  | { readonly type: 'untilLog'; readonly name: string; readonly text: string };

/** A supervisorctl command, as typed. */
export function ctl(line: string, input?: string): Step {
  return { type: 'ctl', args: line.split(' '), ...(input !== undefined && { input }) };
}

/** Changes the configuration file. */
export function configure(configuration: string): Step {
  return { type: 'configure', configuration };
}

/** Waits until a process is in a state, so that both daemons answer alike. */
export function until(name: string, state: string): Step {
  return { type: 'until', name, state };
}

/** Waits until a process has written that on stdout. */
export function untilLog(name: string, text: string): Step {
  return { type: 'untilLog', name, text };
}

/** Plays the steps with both and compares what each printed and how it ended. */
export async function compare(configuration: string, steps: readonly Step[]): Promise<void> {
  await using forOurs = new Daemon({ implementation: 'real', configuration });
  await using forReal = new Daemon({ implementation: 'real', configuration });
  await Promise.all([forOurs.start(), forReal.start()]);
  for (const step of steps) {
    const [ours, real] = await Promise.all([play(forOurs, 'ours', step), play(forReal, 'real', step)]);
    expect({ step, ...ours }).toEqual({ step, ...real });
  }
}

async function play(
  daemon: Daemon,
  implementation: Implementation,
  step: Step,
): Promise<Partial<CtlResult> | undefined> {
  switch (step.type) {
    case 'configure':
      daemon.configure(step.configuration);
      return undefined;
    case 'until':
      await waitFor(() => isInState(daemon, step.name, step.state), { what: `${step.name} ${step.state}` });
      return undefined;
    case 'untilLog':
      await waitFor(
        async () =>
          String(await daemon.rpc('supervisor.readProcessLog', step.name, 0, 0)).includes(step.text),
        { what: `${step.name} to say ${step.text}` },
      );
      return undefined;
    case 'ctl': {
      const options = step.input === undefined ? {} : { input: step.input };
      const { stdout, stderr, exitCode } = await daemon.ctl(implementation, step.args, options);
      return {
        stdout: normalize(stdout, daemon),
        stderr: normalize(stderr, daemon),
        exitCode,
      };
    }
  }
}

async function isInState(daemon: Daemon, name: string, state: string): Promise<boolean> {
  const info = await daemon.rpc('supervisor.getProcessInfo', name);
  return info instanceof Map && info.get('statename') === state;
}

/** Takes out what differs from one run to the next: pids, times, and the daemon's directory. */
export function normalize(text: string, { dir }: Pick<Daemon, 'dir'>): string {
  return (
    text
      .replaceAll(dir, '<dir>')
      .replace(/pid +\d+, uptime \d+:\d\d:\d\d/g, 'pid <pid>, uptime <time>')
      .replace(/^\d+$/gm, (pid) => (pid === '0' ? pid : '<pid>'))
      .replace(/[A-Z][a-z]{2} \d\d \d\d:\d\d [AP]M/g, '<date>')
      .replace(/\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3}/g, '<timestamp>')
      .replace(/pid \d+/g, 'pid <pid>')
      .replace(/For help, use \S+/g, 'For help, use <supervisorctl>')
      // The client's own errors name its source; what is compared is that there is one.
      .replace(/^error: .*$/gm, 'error: <text>')
      // Processes that are stopped or started together are done in any order.
      .replace(/(?:^\S+: stopped\n){2,}|(?:^\S+: started\n){2,}/gm, sortLines)
  );
}

function sortLines(lines: string): string {
  return `${lines.trimEnd().split('\n').sort().join('\n')}\n`;
}
