import { method } from './method.ts';
import { text } from './parameter.ts';

/**
 * `supervisor.sendRemoteCommEvent(type, data)`: emits a REMOTE_COMMUNICATION event, also while the daemon shuts
 * down.
 *
 * @returns always `true`, whether anybody receives it or not
 * @see supervisor/rpcinterface.py, `sendRemoteCommEvent`
 */
export const sendRemoteCommEvent = method({
  parameters: [text, text],
  parameterNames: 'type, data',
  returns: 'boolean',
  help: 'Sends an event to the listeners that receive REMOTE_COMMUNICATION.',
  available: 'always',
  call({ emit }, type, data) {
    emit({ type: 'REMOTE_COMMUNICATION', kind: type, data });
    return true;
  },
});
