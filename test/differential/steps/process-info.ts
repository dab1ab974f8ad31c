import type { XmlRpcValue } from '../../../rpc/xmlrpc.ts';
import type { Daemon } from '../../support/daemons.ts';
import { waitFor } from '../../support/wait-for.ts';

/** Answer of `getProcessInfo`. */
export async function processInfo(daemon: Daemon, name: string): Promise<ReadonlyMap<string, XmlRpcValue>> {
  return (await daemon.rpc('supervisor.getProcessInfo', name)) as ReadonlyMap<string, XmlRpcValue>;
}

/** Waits until a process is in a state. */
export async function waitForState(daemon: Daemon, name: string, state: string): Promise<void> {
  await waitFor(async () => (await processInfo(daemon, name)).get('statename') === state, {
    what: `${name} of the ${daemon.implementation} supervisord to be ${state}`,
  });
}

/** Waits until the activity log holds a text. */
export async function waitForLine(daemon: Daemon, text: string): Promise<void> {
  await waitFor(() => daemon.logText().includes(text), {
    what: `"${text}" in the log of the ${daemon.implementation} supervisord`,
  });
}
