import { waitFor } from '../../support/wait-for.ts';
import type { Step } from './compare-daemons.ts';
import { waitForState } from './process-info.ts';

/** Waits until each process is in the state beside its name. */
export function states(wanted: Readonly<Record<string, string>>): Step {
  return {
    name: `${Object.entries(wanted)
      .map(([name, state]) => `${name} becomes ${state}`)
      .join(', ')}`,
    async run(daemon) {
      for (const [name, state] of Object.entries(wanted)) await waitForState(daemon, name, state);
    },
  };
}

/** What a process has printed once a text is there. */
export function output(name: string, until: string): Step {
  return {
    name: `what ${name} prints`,
    async run(daemon) {
      let text = '';
      await waitFor(
        async () => {
          text = String(await daemon.rpc('supervisor.readProcessStdoutLog', name, 0, 0));
          return text.includes(until);
        },
        { what: `"${until}" from ${name}` },
      );
      return text;
    },
  };
}
